/** Who bought stays out of every copy that is kept of an exchange, and so does whatever opens a document or an account. */
const elements =
  'RegNo|RegNoAuthorizedSignatory|Firstname|Lastname|Address1|Address2|COAddress|City|PostalCode|CellPhoneNumber|MobilePhone|PhoneNumber|CompanyName|Email|InvoiceUrl|InvoiceURL|ClientIpAddress|Password|Username|CustomerNo|Reference';
const members =
  'registrationNumber|name|firstName|lastName|coAddress|addressLine1|addressLine2|city|postalCode|email|mobilePhoneNumber|homePhoneNumber|mobilePhone|phoneNumber|receiverName|pdfUrl|access_token|client_secret|client_id|customerToken|CustomerToken';
// A value that the copy cuts off is one too.
const inXml = new RegExp(`<((?:[\\w.-]+:)?(?:${elements}))(\\s[^<>]*)?>(?:[^<]+</\\1>|[^<]+(?:<[\\w/.:-]*)?$)`, 'g');
const inJson = new RegExp(`"(${members})"\\s*:\\s*"(?:[^"\\\\]|\\\\.)*(?:"|\\\\?$)`, 'gi');

export function masked(text: string): string {
  return text
    .replace(inXml, (_, name: string, attributes = '') => `<${name}${attributes}>***</${name}>`)
    .replace(inJson, '"$1":"***"')
    .replace(/([?&](?:pnr|client_secret|client_id)=)[^&"<\s]+/g, '$1***');
}

/** What a test reads of an answer without knowing its type: a member that is not there shows as a failed expectation. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where tests let go of types.
export type Loose = any;

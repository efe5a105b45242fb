/** The one XML writer lives with the formats of the domain; connectors reach it here, beside the reader. */
export * from '../../domain/formats/xml.ts';

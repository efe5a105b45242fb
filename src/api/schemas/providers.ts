import { z } from 'zod';
import { documentContentSchema, documentKindSchema, documentLineSchema } from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';
import { decimalSchema, instantSchema, taxRateSchema } from '../../domain/orders/order.ts';

/** Connecting a provider: its checklist, the series it gets, and the seller's values in its words. */
const textsSchema = z.object({ pl: z.string(), en: z.string(), hu: z.string(), sv: z.string() });
const idSchema = z.uuid();

/** What a connector says of its set-up, beyond its settings form. */
export const connectorSetupSchema = z.object({
  addresses: z.array(z.object({ url: z.string(), label: textsSchema })),
  mappings: z.array(z.object({ what: z.string(), label: textsSchema, about: textsSchema, required: z.boolean() })),
  notices: z
    .object({
      secret: z.string().optional(),
      page: z.string().optional(),
      steps: z.array(textsSchema),
      boxes: z.array(z.object({ label: z.string(), about: textsSchema.optional(), needed: z.boolean() })),
    })
    .nullable(),
});

export const setupSchema = z
  .object({
    steps: z.array(
      z.object({
        step: z.enum(['key', 'series', 'notices', 'verified', 'event', 'mappings', 'complete', 'channel']),
        /** `waiting`: nothing to do but wait; it comes by itself or is optional. */
        state: z.enum(['done', 'todo', 'wrong', 'waiting']),
        names: z.array(z.string()),
        count: z.number().int().nullable(),
        at: instantSchema.nullable(),
      }),
    ),
    notices: z
      .object({
        /** Made by us; whoever has it can send notices, so it is shown to those who may connect only. */
        url: z.string(),
        secretSet: z.boolean(),
        secretState: z.enum(['right', 'wrong', 'unknown']).nullable(),
        verifiedAt: instantSchema.nullable(),
        firstAt: instantSchema.nullable(),
        lastAt: instantSchema.nullable(),
        lastEvent: z.string().nullable(),
        count: z.number().int(),
      })
      .nullable(),
    /** Series that could go this way, whose they are, and what they lack. */
    series: z.array(
      z.object({
        id: idSchema,
        name: z.string(),
        kind: documentKindSchema,
        connectionId: idSchema.nullable(),
        owner: z.string().nullable(),
        findings: z.array(findingSchema),
      }),
    ),
  })
  .meta({ id: 'Setup' });
export const setupSeriesInput = z.object({ ids: z.array(idSchema).max(200) });

export const mappingsQuery = z.object({ what: z.enum(['payment_method']).default('payment_method') });
export const mappingsSchema = z
  .object({
    what: z.string(),
    options: z.array(z.object({ value: z.string(), label: z.string() })),
    rows: z.array(
      z.object({
        /** The channel's word, or `means:…` for one of our own. */
        theirs: z.string(),
        value: z.string().nullable(),
        proposed: z.string().nullable(),
        orders: z.number().int(),
        held: z.number().int(),
        seen: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Mappings' });
export const mappingsInput = z.object({
  what: z.enum(['payment_method']).default('payment_method'),
  /** Their word → the provider's value; null takes the mapping away. */
  values: z
    .record(z.string().min(1).max(200), z.string().max(200).nullable())
    .refine((values) => Object.keys(values).length <= 500, 'at most 500 at once'),
});

/** Where a correction starts, and what the changed order or its refund suggests. */
export const correctionProposalSchema = z
  .object({
    base: documentContentSchema,
    proposal: z
      .object({
        from: z.enum(['order', 'refund']),
        options: z.object({
          reason: z.string(),
          reasonCode: z.enum(['return', 'price', 'quantity', 'rate', 'buyer', 'cancel', 'other']),
          lines: z
            .array(
              z.object({
                lineId: z.string(),
                quantity: decimalSchema.optional(),
                unitPrice: decimalSchema.optional(),
                rate: taxRateSchema.optional(),
                name: z.string().optional(),
              }),
            )
            .optional(),
          added: z.array(documentLineSchema).optional(),
          cancel: z.boolean().optional(),
        }),
        /** Refunded gross that no row explains. */
        unexplained: decimalSchema,
      })
      .nullable(),
  })
  .meta({ id: 'CorrectionProposal' });
export type CorrectionProposal = z.infer<typeof correctionProposalSchema>;

export const holdGroupsSchema = z.object({
  items: z.array(
    z.object({
      finding: findingSchema,
      documents: z.number().int(),
      /** One of them, to see what it is about. */
      first: idSchema,
    }),
  ),
});

export type HoldGroups = z.infer<typeof holdGroupsSchema>;
export type Setup = z.infer<typeof setupSchema>;
export type Mappings = z.infer<typeof mappingsSchema>;

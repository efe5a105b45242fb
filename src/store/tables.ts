import type { ColumnType, Generated, RawBuilder } from 'kysely';
import type { AgentMachine, AgentState, JobKind, JobResult, PrintOptions } from '../contract/agent/index.ts';
import type { CauseRef, Clearance, Made, OrderEvent, Outcome } from '../contract/connector.ts';
import type { BillLine, PlanTerms, SubscriptionState } from '../domain/billing/plans.ts';
import type { DocumentContent, DocumentKind } from '../domain/documents/document.ts';
import type { Finding } from '../domain/finding.ts';
import type { Order } from '../domain/orders/order.ts';
import type { Party } from '../domain/parties/party.ts';
import type { Confidence, Match, Reason } from '../domain/payments/match.ts';
import type { Adjustment, ReceivableRow } from '../domain/receivables/index.ts';

/** The database as TypeScript sees it; the truth is `migrations/`. int8 is bigint, date is a YYYY-MM-DD text, jsonb is written through `json()`. */
type Json<T> = ColumnType<T, unknown, unknown>;
type Time = ColumnType<Date, Date | string, Date | string>;
type MaybeTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Bytes = ColumnType<Uint8Array, Uint8Array | RawBuilder<Uint8Array>, Uint8Array>;
type Own = { organization_id: string; id: string };

export type DocumentState = 'to_issue' | 'submitted' | 'refused' | 'issued' | 'withdrawn' | 'merged' | 'cancelled' | 'archived';
export type Role = 'owner' | 'bookkeeper' | 'warehouse' | 'reader';

export type Tables = {
  organization: {
    id: string;
    name: string;
    country: string;
    zone: string;
    language: string;
    currency: string;
    seller: Json<Record<string, unknown>>;
    policies: Json<Record<string, unknown>>;
    look: Json<Record<string, unknown>>;
    created_at: Time;
  };
  auth_user: {
    id: string;
    name: string;
    email: string;
    emailVerified: Generated<boolean>;
    image: string | null;
    language: string | null;
    twoFactorEnabled: boolean | null;
    createdAt: Generated<Date>;
    updatedAt: Generated<Date>;
  };
  auth_session: {
    id: string;
    token: string;
    userId: string;
    expiresAt: Time;
    createdAt: Generated<Date>;
    updatedAt: Time;
    ipAddress: string | null;
    userAgent: string | null;
  };
  auth_verification: { id: string; identifier: string; value: string; expiresAt: Time };
  auth_two_factor: { id: string; secret: string; backupCodes: string; userId: string };
  sign_in_try: { account: string; network: string; wrong: number; tried_at: Time; signed_in_at: Time | null; told_at: Time | null };
  member: { organization_id: string; user_id: string; role: Role; created_at: Time };
  invitation: Own & {
    email: string;
    role: Role;
    token_hash: string;
    created_at: Time;
    expires_at: Time;
    accepted_at: MaybeTime;
  };
  api_key: Own & {
    name: string;
    prefix: string;
    hash: string;
    scopes: string[];
    created_at: Time;
    last_used_at: MaybeTime;
    revoked_at: MaybeTime;
  };
  file: Own & { name: string; media_type: string; size_bytes: bigint; sha256: string; created_at: Time };
  file_chunk: { organization_id: string; file_id: string; seq: number; bytes: Bytes };
  connection: Own & {
    connector: string;
    name: string;
    status: 'setup' | 'active' | 'paused' | 'blocked' | 'removed';
    base_url: string | null;
    settings: Json<Record<string, unknown>>;
    secrets: ColumnType<Uint8Array | null, Uint8Array | null | undefined, Uint8Array | null>;
    memory: Json<Record<string, string>>;
    cursor: Json<unknown>;
    ever_worked: Generated<boolean>;
    intake_token: string | null;
    created_at: Time;
    updated_at: Time;
  };
  connection_gate: {
    organization_id: string;
    connection_id: string;
    failures: Generated<number>;
    open_until: MaybeTime;
    cause_code: string | null;
  };
  /** Limits of requests: `connection:<id>` or `host:<address>`; not an organization's. */
  request_gate: { name: string; recent: Generated<Date[]>; recent_writes: Generated<Date[]>; next_at: MaybeTime };
  channel_pull: {
    organization_id: string;
    connection_id: string;
    next_at: MaybeTime;
    claimed_at: MaybeTime;
    started_at: MaybeTime;
    done_at: MaybeTime;
    /** Of the last run: orders by outcome. */
    counts: Json<Record<string, number>>;
    cause: Json<Record<string, unknown> | null>;
    failures: Generated<number>;
    /** The channel's limit ended the last run: it goes on then. */
    shut_until: MaybeTime;
    /** A person asked and has not been answered: what is kept free for persons may be used. */
    for_person: Generated<boolean>;
  };
  pull_reject: {
    organization_id: string;
    connection_id: string;
    external_id: string;
    finding: Json<Finding>;
    raw: string | null;
    first_at: Time;
    last_at: Time;
    tries: Generated<number>;
  };
  order_review: { organization_id: string; document_id: string };
  /** The seller's values in a provider's words. */
  mapping: {
    organization_id: string;
    connection_id: string;
    what: string;
    theirs: string;
    value: string;
    updated_at: Time;
  };
  /** What was heard of the provider's notices. */
  connection_notice: {
    organization_id: string;
    connection_id: string;
    verified_at: MaybeTime;
    secret_state: 'right' | 'wrong' | 'unknown' | null;
    first_at: MaybeTime;
    last_at: MaybeTime;
    last_event: string | null;
    count: Generated<bigint>;
  };
  import_profile: Own & { name: string; profile: Json<Record<string, unknown>>; created_at: Time };
  import_run: Own & {
    connection_id: string;
    file_id: string | null;
    name: string;
    sha256: string | null;
    size_bytes: bigint | null;
    profile: string | null;
    options: Json<Record<string, unknown>>;
    status: 'waiting' | 'running' | 'done' | 'cancelled' | 'refused' | 'failed';
    read_bytes: Generated<bigint>;
    counts: Json<Record<string, number>>;
    findings: Json<Finding[]>;
    summary: Json<Record<string, unknown> | null>;
    created_by: string | null;
    created_at: Time;
    finished_at: MaybeTime;
    cancel_requested: Generated<boolean>;
  };
  import_batch: { organization_id: string; import_id: string; seq: number; records: Json<unknown[]>; rejected: Generated<number> };
  sales_order: Own & {
    connection_id: string;
    external_id: string;
    number: string | null;
    channel: string;
    status: 'open' | 'ready' | 'cancelled' | 'superseded';
    external_status: string | null;
    ordered_at: Time;
    paid_at: MaybeTime;
    currency: string;
    total_minor: bigint;
    buyer_name: Generated<string>;
    buyer_email: string | null;
    suggestion: string;
    content: Json<Order>;
    content_hash: string;
    raw: string | null;
    superseded_by: string | null;
    import_id: string | null;
    created_at: Time;
    updated_at: Time;
  };
  order_alias: { organization_id: string; scheme: string; value: string; order_id: string };
  series: Own & {
    name: string;
    kind: DocumentKind;
    pattern: string;
    reset: 'yearly' | 'monthly' | 'daily' | 'never';
    is_default: Generated<boolean>;
    active: Generated<boolean>;
    number_owner: 'hub' | 'provider';
    reporter: 'hub' | 'provider' | 'nobody';
    connection_id: string | null;
    auto_issue: Generated<boolean>;
    settings: Json<Record<string, unknown>>;
    created_at: Time;
  };
  series_counter: {
    organization_id: string;
    series_id: string;
    period: string;
    next_no: bigint;
    last_issue_date: string | null;
    /** Up to here no number of the period is missing: a register loses none, so it is looked at once. */
    whole_no: Generated<bigint>;
  };
  document: Own & {
    kind: DocumentKind;
    state: DocumentState;
    version: Generated<number>;
    series_id: string | null;
    number: string | null;
    sequence_no: bigint | null;
    period: string | null;
    order_id: string | null;
    purpose: string;
    currency: string;
    issue_date: string | null;
    sale_date: string | null;
    due_date: string | null;
    net_minor: bigint;
    tax_minor: bigint;
    gross_minor: bigint;
    buyer_name: Generated<string>;
    buyer_tax_id: string | null;
    buyer_email: string | null;
    buyer_country: string | null;
    channel: string | null;
    order_number: string | null;
    content: Json<DocumentContent>;
    findings: Json<Finding[]>;
    /** Findings about the order itself; the content alone cannot mend them, a person settles them. */
    order_findings: Json<Finding[]>;
    hold_codes: Generated<string[]>;
    held: Generated<boolean>;
    /** Content paths a person edited: a changed order does not overwrite them. */
    edited: Generated<string[]>;
    /** Codes of holds a person looked at and accepted. */
    settled: Generated<string[]>;
    corrects_id: string | null;
    merged_into: string | null;
    proforma_id: string | null;
    import_id: string | null;
    pdf_file_id: string | null;
    /** What an authority gave it when somebody reported it. */
    clearance: Json<Clearance | null>;
    search: Generated<string>;
    created_at: Time;
    updated_at: Time;
    issued_at: MaybeTime;
    issued_by: string | null;
    /** When its content left; what stays is its line of the register. */
    archived_at: MaybeTime;
  };
  issue_run: Own & {
    ids: string[];
    options: Json<{ mail?: boolean; issueDate?: string; backfill?: boolean }>;
    status: 'waiting' | 'running' | 'done' | 'cancelled';
    done: Generated<number>;
    issued: Generated<number>;
    refused: Json<{ id: string; findings: Finding[] }[]>;
    cancel_requested: Generated<boolean>;
    created_by: string;
    created_at: Time;
    finished_at: MaybeTime;
  };
  number_register: {
    organization_id: string;
    series_id: string;
    period: string;
    sequence_no: bigint;
    number: string;
    document_id: string;
    allocated_at: Time;
    given_up_at: MaybeTime;
    reason: string | null;
  };
  upload: { organization_id: string; file_id: string; created_at: Time };
  audit_head: { organization_id: string; seq: bigint; hash: string };
  /** How far the trail was read and found whole, and how far the reading of all of it has come. */
  audit_read: {
    organization_id: string;
    seq: bigint;
    hash: string;
    read_at: Time;
    night_seq: Generated<bigint>;
    night_hash: ColumnType<string | null, string | null | undefined, string | null>;
    whole_at: MaybeTime;
    broken_at: ColumnType<bigint | null, bigint | null | undefined, bigint | null>;
  };
  audit: {
    organization_id: string;
    seq: bigint;
    at: Time;
    actor: string;
    action: string;
    entity: string;
    entity_id: string;
    data: Json<Record<string, unknown>>;
    previous_hash: string;
    hash: string;
    /** In the place of `data` that left with an archived document. */
    digest: ColumnType<string | null, string | null | undefined, string | null>;
  };
  mail_template: Own & {
    name: string;
    kind: DocumentKind | null;
    language: string;
    subject: string;
    body: string;
    is_default: Generated<boolean>;
    updated_at: Time;
  };
  delivery: Own & {
    document_id: string;
    way: 'mail' | 'print' | 'attachment' | 'order';
    /** One effect, one key: the same key is never delivered twice. */
    key: string;
    recipient: Generated<string>;
    status: string;
    settings: Json<Record<string, unknown>>;
    message_id: string | null;
    attempts: Generated<number>;
    next_at: MaybeTime;
    claimed_at: MaybeTime;
    cause: Json<Record<string, unknown> | null>;
    story: Json<StoryEntry[]>;
    connection_id: string | null;
    created_by: string | null;
    created_at: Time;
    updated_at: Time;
  };
  transfer: Own & {
    document_id: string;
    connection_id: string;
    reference: string;
    verb: string;
    status: 'waiting' | 'sending' | 'accepted' | 'pending' | 'rejected' | 'unknown' | 'cancelled';
    sends: Generated<number>;
    next_at: MaybeTime;
    claimed_at: MaybeTime;
    request_hash: string | null;
    ticket: string | null;
    made: Json<Record<string, unknown> | null>;
    cause: Json<Record<string, unknown> | null>;
    story: Json<StoryEntry[]>;
    settings: Json<Record<string, unknown>>;
    /** Made up for: it stands behind what was sold just now. */
    backfill: Generated<boolean>;
    created_at: Time;
    updated_at: Time;
  };
  transfer_try: {
    organization_id: string;
    transfer_id: string;
    seq: number;
    at: Time;
    verb: string;
    outcome: string;
    took_ms: number | null;
    request: string | null;
    response: string | null;
  };
  cause_case: Own & {
    connection_id: string | null;
    /** Only documents of this series wait behind it. */
    series_id: string | null;
    code: string;
    params: Json<Record<string, string>>;
    opened_at: Time;
    closed_at: MaybeTime;
    told_at: MaybeTime;
    told_over_at: MaybeTime;
  };
  receivable: Own & {
    connection_id: string;
    order_id: string | null;
    document_id: string | null;
    order_number: string;
    country: string;
    segment: 'consumer' | 'company';
    currency: string;
    buyer_name: Generated<string>;
    buyer_number_masked: string | null;
    /** The buyer's number, the address of his device and the addresses of documents, sealed. */
    private: ColumnType<Uint8Array | null, Uint8Array | null | undefined, Uint8Array | null>;
    provider_order_id: string | null;
    state: string;
    /** Where the provider's totals or states differ from ours. */
    mismatch: Json<Record<string, string>[] | null>;
    /** What a notice said of a number: believed where nothing can be read. */
    heard: Json<{ number: string; state: string; at: string } | null>;
    needs_person: Generated<boolean>;
    read_at: MaybeTime;
    placed_at: Time;
    created_at: Time;
    updated_at: Time;
  };
  receivable_part: {
    organization_id: string;
    receivable_id: string;
    seq: number;
    number: string;
    aliases: Generated<string[]>;
    state: string;
    rows: Json<ReceivableRow[]>;
    adjustments: Json<Adjustment[]>;
    total_minor: bigint;
    remaining_minor: bigint;
    reference: string | null;
    due_date: string | null;
    lowest_minor: bigint | null;
    extended: Generated<boolean>;
    changed_since_sent: Generated<boolean>;
    opened_at: Time;
    activated_at: MaybeTime;
    expires_at: MaybeTime;
    /** The provider's document, newest last: an updated one never replaces the one before. */
    pdf_file_ids: Generated<string[]>;
    pdf_next_at: MaybeTime;
    pdf_tries: Generated<number>;
  };
  receivable_action: Own & {
    receivable_id: string;
    /** Which of the claim's actions, from 1. */
    no: number;
    part_seq: number | null;
    verb: string;
    key: string;
    /** Set by rules: the same thing is done once. */
    dedupe: string | null;
    status: 'waiting' | 'sending' | 'accepted' | 'pending' | 'rejected' | 'unknown' | 'cancelled';
    sends: Generated<number>;
    asks: Generated<number>;
    action: Json<Record<string, unknown>>;
    foreseen: Json<Record<string, unknown> | null>;
    add_facts: Json<Record<string, unknown> | null>;
    first_sent_at: MaybeTime;
    /** The deadline of the part when it was first sent. */
    expired_at_first: MaybeTime;
    next_at: MaybeTime;
    claimed_at: MaybeTime;
    ticket: string | null;
    answer: Json<Record<string, unknown> | null>;
    cause: Json<Record<string, unknown> | null>;
    already: Generated<boolean>;
    story: Json<StoryEntry[]>;
    created_by: string;
    created_at: Time;
    updated_at: Time;
  };
  receivable_try: {
    organization_id: string;
    action_id: string;
    seq: number;
    at: Time;
    verb: string;
    outcome: string;
    took_ms: number | null;
    request: string | null;
    response: string | null;
  };
  /** Goods that left: all of an order (no lines) or some of it. */
  order_shipment: Own & {
    order_id: string;
    external_id: string;
    at: Time;
    lines: Json<{ line: string; quantity: number }[] | null>;
    tracking: string | null;
    created_by: string;
    created_at: Time;
  };
  /** What a document was before a change of many. */
  bulk_before: {
    organization_id: string;
    edit_id: string;
    document_id: string;
    version: number;
    before: Json<unknown>;
    created_at: Time;
  };
  saved_view: Own & { user_id: string; page: string; name: string; query: string; created_at: Time };
  webhook_endpoint: Own & { url: string; events: string[]; secret: Bytes; active: Generated<boolean>; created_at: Time } & {
    /** How far in the audit trail this address was told. */
    last_seq: Generated<bigint>;
    /** Somebody is calling it until then. */
    busy_until: MaybeTime;
  };
  webhook_delivery: Own & {
    endpoint_id: string;
    event: string;
    body: string;
    /** 'new' (made by the database, not yet looked at), 'waiting', 'delivered', 'failed' or 'stopped'. */
    status: string;
    attempts: Generated<number>;
    last_status: number | null;
    last_problem: string | null;
    next_at: MaybeTime;
    delivered_at: MaybeTime;
    created_at: Time;
  };
  received_call: { organization_id: string; connection_id: string; call_id: string; at: Time; body: string | null };
  /** What happened to an order after it was sold; it may arrive before the order itself. */
  order_event: Own & {
    connection_id: string;
    external_id: string | null;
    scheme: string | null;
    value: string | null;
    event: Json<OrderEvent>;
    at: Time;
    done_at: MaybeTime;
  };
  order_event_done: { organization_id: string; event_id: string; order_id: string; document_id: string | null; at: Time };
  idempotency_key: {
    organization_id: string;
    key: string;
    request_hash: string;
    status: number | null;
    response: Json<unknown>;
    created_at: Time;
  };
  /** The agent on the seller's machine; its id is that of its connection. */
  agent: Own & {
    status: 'unconfirmed' | 'active' | 'revoked';
    public_key: string;
    /** Made by the agent, valid from its first use on. */
    next_public_key: string | null;
    key_since: Time;
    rotate_requested: Generated<boolean>;
    nonces: ColumnType<[nonce: string, iat: number][], unknown, unknown>;
    machine: Json<AgentMachine>;
    state: Json<AgentState | null>;
    seen_at: MaybeTime;
    /** Its last words: why it stopped. */
    bye: Json<{ reason: string; at: string } | null>;
    created_at: Time;
    created_by: string | null;
    revoked_at: MaybeTime;
  };
  agent_code: Own & {
    code_hash: string;
    /** An agent that is paired again keeps its id, its jobs and its results. */
    agent_id: string | null;
    name: string;
    auto_confirm: Generated<boolean>;
    expires_at: Time;
    used_at: MaybeTime;
    used_by: string | null;
    created_by: string;
    created_at: Time;
  };
  agent_plugin: {
    organization_id: string;
    connection_id: string;
    agent_id: string;
    plugin: string;
    /** Why it gets no new documents: the program was updated and has to be looked at. */
    pause: string | null;
    created_at: Time;
  };
  agent_job: Own & {
    agent_id: string;
    connection_id: string | null;
    kind: JobKind;
    key: string;
    /** Jobs of one lane go one after another. */
    lane: string;
    payload: Json<Record<string, unknown>>;
    files: Json<{ sha256: string; name: string; sizeBytes: number }[]>;
    priority: Generated<number>;
    status: 'waiting' | 'offered' | 'accepted' | 'done' | 'failed' | 'unknown' | 'cancelled' | 'expired';
    attempt: Generated<number>;
    not_before: MaybeTime;
    expires_at: MaybeTime;
    lease_until: MaybeTime;
    cancel_requested: Generated<boolean>;
    step: string | null;
    cause: Json<CauseRef | null>;
    result: Json<JobResult | null>;
    created_at: Time;
    updated_at: Time;
  };
  agent_file: { organization_id: string; agent_id: string; sha256: string; file_id: string; created_at: Time };
  agent_found: Own & {
    connection_id: string;
    name: string;
    source: 'outbox' | 'pdf';
    file_id: string;
    /** `unmatched` is looked at again: a print may come before the answer that names its number. */
    status: 'new' | 'matched' | 'unmatched';
    reference: string | null;
    at: Time;
  };
  agent_answer: {
    organization_id: string;
    connection_id: string;
    reference: string;
    /** `alike`: what looks like it, while nobody has said whether it is. */
    outcome: Json<(Outcome & { alike?: Made }) | null>;
    pdf_file_id: string | null;
    at: Time;
  };
  agent_log: { organization_id: string; agent_id: string; seq: Generated<bigint>; at: Time; level: string; message: string };
  print_rule: Own & {
    place: number;
    name: string;
    /** Empty: every kind. */
    kinds: DocumentKind[];
    /** Only documents whose order came by this channel, or that this provider holds. */
    connection_id: string | null;
    print_type: 'original' | 'copy' | 'duplicate' | 'label';
    agent_id: string;
    /** The system's default printer of that agent when null. */
    printer: string | null;
    options: Json<PrintOptions>;
    /** Rules below this one are not looked at when it fits. */
    last_one: Generated<boolean>;
    active: Generated<boolean>;
    created_at: Time;
    updated_at: Time;
  };
  bank_statement: Own & {
    file_id: string | null;
    name: string;
    sha256: string;
    format: string | null;
    encoding: string | null;
    status: 'waiting' | 'read' | 'refused';
    counts: Json<Record<string, number>>;
    accounts: Json<{ account: string; currency: string; number?: string; lines: number; lastDay?: string }[]>;
    findings: Json<Finding[]>;
    created_by: string;
    created_at: Time;
    read_at: MaybeTime;
  };
  payment: Own & {
    source: 'bank' | 'charge' | 'manual';
    raw_id: string;
    account: string | null;
    currency: string;
    amount_minor: bigint;
    value_day: string;
    payer_name: string | null;
    payer_account: string | null;
    title: Generated<string>;
    state: 'open' | 'booked' | 'set_aside';
    why: string | null;
    unsure: string | null;
    proposals: Json<Proposal[]>;
    details: Json<Record<string, string>>;
    statement_id: string | null;
    place: number | null;
    created_at: Time;
    updated_at: Time;
  };
  allocation: Own & {
    payment_id: string;
    document_id: string | null;
    purpose: 'document' | 'credit' | 'returned';
    amount_minor: bigint;
    sure: Generated<boolean>;
    reasons: Generated<string[]>;
    created_by: string;
    created_at: Time;
    undone_at: MaybeTime;
  };
  plan: Own & {
    connector: string | null;
    name: string;
    about: Generated<string>;
    currency: string;
    terms: Json<PlanTerms>;
    active: Generated<boolean>;
    created_at: Time;
    updated_at: Time;
  };
  billing_customer: {
    organization_id: string;
    customer_id: string;
    party: Json<Party>;
    proforma_email: string;
    invoice_email: string;
    language: string;
    standing: Generated<'good' | 'notice' | 'suspended'>;
    suspend_on: string | null;
    paused: Generated<string[]>;
    created_at: Time;
    updated_at: Time;
  };
  subscription: Own & {
    customer_id: string;
    plan_id: string;
    connection_id: string | null;
    extra: Generated<boolean>;
    state: SubscriptionState;
    pay_by: 'transfer' | 'card';
    anchor_day: string;
    period_start: string;
    period_end: string;
    next_plan_id: string | null;
    cancel_on: string | null;
    terms: Json<PlanTerms>;
    meant_at: MaybeTime;
    created_at: Time;
    updated_at: Time;
  };
  billing_order: Own & {
    customer_id: string;
    subscription_id: string;
    kind: 'first' | 'renewal' | 'change' | 'usage';
    period_start: string;
    period_end: string;
    order_id: string | null;
    proforma_id: string | null;
    invoice_id: string | null;
    amount_minor: bigint;
    currency: string;
    lines: Json<BillLine[]>;
    state: 'open' | 'paid' | 'cancelled' | 'refunded';
    due_day: string;
    steps: Generated<string[]>;
    paid_at: MaybeTime;
    created_at: Time;
    updated_at: Time;
  };
  mandate: Own & {
    customer_id: string | null;
    subscription_id: string | null;
    connection_id: string;
    reference: string;
    processor_id: string | null;
    state: 'intended' | 'pending' | 'active' | 'surplus' | 'cancelling' | 'cancelled' | 'expired' | 'failed';
    label: string | null;
    fingerprint: string | null;
    expires: string | null;
    url: string | null;
    cause: Json<CauseRef | null>;
    created_at: Time;
    updated_at: Time;
    last_charged_at: MaybeTime;
    next_at: MaybeTime;
  };
  charge: Own & {
    customer_id: string;
    mandate_id: string;
    billing_order_id: string;
    verb: 'charge' | 'refund';
    of_charge_id: string | null;
    reference: string;
    amount_minor: bigint;
    currency: string;
    status: 'waiting' | 'sending' | 'accepted' | 'pending' | 'rejected' | 'unknown';
    processor_id: string | null;
    refunded_minor: Generated<bigint>;
    disputed: Generated<boolean>;
    cause: Json<CauseRef | null>;
    sends: Generated<number>;
    next_at: MaybeTime;
    claimed_at: MaybeTime;
    story: Json<StoryEntry[]>;
    created_at: Time;
    updated_at: Time;
  };
  double_charge: Own & {
    customer_id: string;
    sign: string;
    first_id: string;
    second_id: string;
    facts: Json<Record<string, string>>;
    found_at: Time;
    told_at: MaybeTime;
    settled_at: MaybeTime;
    settled_how: string | null;
  };
  notice: Own & {
    /** One effect, one key: the same key is never mailed twice. */
    key: string;
    recipient: string;
    subject: string;
    body: string;
    language: string;
    status: 'queued' | 'sending' | 'handed_over' | 'refused' | 'unknown';
    attempts: Generated<number>;
    next_at: MaybeTime;
    claimed_at: MaybeTime;
    cause: Json<CauseRef | null>;
    created_at: Time;
    updated_at: Time;
  };
  desk_request: Own & {
    document_id: string | null;
    customer_id: string | null;
    kind: 'again' | 'invoice' | 'mend' | 'report';
    said: Generated<string>;
    data: Json<Record<string, unknown>>;
    state: 'open' | 'done' | 'refused';
    outcome: string | null;
    made_id: string | null;
    created_by: string;
    created_at: Time;
    closed_at: MaybeTime;
  };
  books_profile: { organization_id: string; profile: Json<Record<string, unknown>>; updated_at: Time };
  export_batch: Own & {
    serial: bigint;
    connector: string;
    connection_id: string | null;
    /** Whose books they are: the connection, or the connector when the file is made without one. */
    target: string;
    name: string;
    period_from: string | null;
    period_to: string | null;
    status: 'making' | 'done';
    documents: Generated<number>;
    refused: Json<{ id: string; number: string; findings: Finding[] }[]>;
    file_id: string | null;
    sha256: string | null;
    size_bytes: bigint | null;
    created_by: string;
    created_at: Time;
  };
  export_item: { organization_id: string; batch_id: string; document_id: string; target: string; again: Generated<boolean> };
  exchange_rate: { source: string; currency: string; day: string; rate: string; table_no: string | null; published: string | null };
  retention: {
    organization_id: string;
    years: number;
    /** The month in which the financial year ends. */
    year_ends: Generated<number>;
    /** Texts as they came in and went out leave after so many months; none: with their documents. */
    raw_months: number | null;
    /** How far orders and transfers have lost theirs. */
    raw_after: ColumnType<string | null, string | null | undefined, string | null>;
    updated_at: Time;
  };
  archive_run: Own & {
    /** Documents of days before it; the second day is for those that are kept ten years. */
    until_day: string;
    long_until_day: string;
    state: 'making' | 'ready' | 'removing' | 'done' | 'cancelled';
    /** Orders that never had a document are among them. */
    documents: Generated<number>;
    removed: Generated<number>;
    /** None, with an id: the place is among what never became a document. */
    after_day: ColumnType<string | null, string | null | undefined, string | null>;
    after_id: ColumnType<string | null, string | null | undefined, string | null>;
    created_by: string;
    created_at: Time;
    finished_at: MaybeTime;
  };
  archive_part: {
    organization_id: string;
    run_id: string;
    seq: number;
    name: string;
    file_id: string | null;
    sha256: string;
    size_bytes: bigint;
    documents: number;
    taken_at: MaybeTime;
  };
  archive_item: {
    organization_id: string;
    run_id: string;
    part: number;
    /** The document; of an order that never had one, its own id. */
    document_id: string;
    order_id: string | null;
    removed_at: MaybeTime;
    /** Why it stayed after all. */
    kept: ColumnType<string | null, string | null | undefined, string | null>;
  };
  installation: { key: string; value: Json<unknown> };
};

/** One visible step of a delivery or a transfer: "asked 12:56, answer lost, found 13:04 as …". */
export type StoryEntry = { at: string; what: string; params?: Record<string, string> };

/** A match of a payment as it is kept: what a person may book by one click, and why. */
export type Proposal = {
  shares: { documentId: string; number: string; amount: string }[];
  rest: string;
  kind: Match['kind'];
  confidence: Confidence;
  reasons: Reason[];
};

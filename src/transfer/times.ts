/** On its own: modules of this folder import each other, and this is needed while they are loaded. */
export const minuteMs = 60_000;

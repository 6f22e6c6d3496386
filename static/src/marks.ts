// Marks that one part of a page leaves on <html> for another.

/** A code is being judged, or kept, on this device: no other one is let in before it has its answer. */
export const JUDGING = 'data-judging';

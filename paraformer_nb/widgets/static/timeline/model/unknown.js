// Messages that a kernel of another version may send.

/**
 * Reports a message of an unknown kind. Its type proves that every kind of `ToFrontEnd` is handled.
 * @param {never} message
 */
export function warnOfUnknown(message) {
  console.warn("The timeline ignored a message of an unknown kind:", message);
}

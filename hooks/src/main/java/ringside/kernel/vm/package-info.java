/**
 * The kernel's Truffle side: its language, its polyglot context, and the root nodes that are the
 * kernel's own.
 */
@NullMarked
package ringside.kernel.vm;

import org.jspecify.annotations.NullMarked;

/**
 * The kernel's text and symbols: which function or datum stands at which address, and who may link
 * to it.
 *
 * <p>Holds no function bodies; those stand with the subsystem they belong to.
 */
@NullMarked
package ringside.kernel.text;

import org.jspecify.annotations.NullMarked;

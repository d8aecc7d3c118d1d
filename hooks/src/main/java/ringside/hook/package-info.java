/**
 * The hook points: where extensions attach to the kernel and how their verdicts are joined.
 *
 * <p>Knows call targets, not contestants: nothing here may ask what an attachment is.
 */
@NullMarked
package ringside.hook;

import org.jspecify.annotations.NullMarked;

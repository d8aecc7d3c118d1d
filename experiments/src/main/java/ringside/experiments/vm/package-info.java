/**
 * The laboratory's own guest code: the built-in lanes, as if compiled into the kernel, and the loop
 * that drives events through a hook while it is timed.
 */
@NullMarked
package ringside.experiments.vm;

import org.jspecify.annotations.NullMarked;

/**
 * Virtual time: instructions retired, and all that follows from them (nanoseconds, jiffies, timers,
 * the soft-lockup watchdog).
 *
 * <p>Wall time must not appear here; it is for measuring performance only.
 */
@NullMarked
package ringside.kernel.time;

import org.jspecify.annotations.NullMarked;

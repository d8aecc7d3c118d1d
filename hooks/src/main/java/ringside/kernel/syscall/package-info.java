/**
 * System calls: {@code sys_call_table} in simulated memory, its dispatcher and the calls
 * themselves.
 *
 * <p>A call is one annotated method in its family's class. The dispatcher reads the table from
 * memory each time, so that whoever patches it there has an effect.
 */
@NullMarked
package ringside.kernel.syscall;

import org.jspecify.annotations.NullMarked;

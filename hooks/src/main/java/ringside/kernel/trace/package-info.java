/**
 * Tracepoints and kprobes: the places where extensions watch the kernel's own functions.
 *
 * <p>A tracepoint is one declaration (name and record); a kprobe-able function declares its probe
 * once and hits it at its entry. Whoever attaches gets addresses of simulated memory, never Java
 * objects.
 */
@NullMarked
package ringside.kernel.trace;

import org.jspecify.annotations.NullMarked;

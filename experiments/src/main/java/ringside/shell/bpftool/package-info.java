/**
 * {@code bpftool} of the simulated shell: a process that calls bpf(2) and prints what the real one
 * prints.
 *
 * <p>One class an object ({@code prog}, {@code map}, ...). Knows nothing of the shell around it but
 * the files and streams that it is given.
 */
@NullMarked
package ringside.shell.bpftool;

import org.jspecify.annotations.NullMarked;

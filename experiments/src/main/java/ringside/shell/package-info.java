/**
 * A root shell on a freshly booted kernel: {@code ringside shell}.
 *
 * <p>Parses command lines, finds files on the host and in the kernel, and prints; what a command
 * does belongs to the module that it is about. A command is one picocli class here.
 */
@NullMarked
package ringside.shell;

import org.jspecify.annotations.NullMarked;

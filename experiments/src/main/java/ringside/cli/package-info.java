/**
 * The command line: the root command with its one list of subcommands, exit codes, and how errors
 * look.
 *
 * <p>Holds commands that need nothing but the toolchain and the formats; experiments and the shell
 * bring their own from their packages. What a command does lives elsewhere: here are options, texts
 * and exit codes.
 */
@NullMarked
package ringside.cli;

import org.jspecify.annotations.NullMarked;

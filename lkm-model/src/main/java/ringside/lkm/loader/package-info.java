/**
 * The module loader: {@code init_module} and {@code delete_module}.
 *
 * <p>Follows {@code kernel/module/} of Linux 6.12 and {@code arch/riscv/kernel/module.c}: the same
 * checks in the same order, the same words in the log, the same error numbers. State that a module
 * could reach in Linux (its {@code struct module}, the list of modules, the exported tables) lies
 * in simulated memory, so that a module can tamper with it.
 */
@NullMarked
package ringside.lkm.loader;

import org.jspecify.annotations.NullMarked;

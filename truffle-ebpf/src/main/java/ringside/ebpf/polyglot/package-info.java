/**
 * The language {@code ebpf} of the polyglot API: loads what is evaluated into a kernel of its own.
 *
 * <p>Finds the sources that programs come from, too, for debuggers and profilers. The engine's part
 * of the language is {@link ringside.ebpf.vm.EbpfLanguage}.
 */
@NullMarked
package ringside.ebpf.polyglot;

import org.jspecify.annotations.NullMarked;

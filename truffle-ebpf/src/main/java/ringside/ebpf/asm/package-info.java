/**
 * eBPF as text: the disassembler in the kernel's form and an assembler that reads it back.
 *
 * <p>Both follow the templates of {@link ringside.ebpf.isa.InstructionSet}; no instruction is named
 * here.
 */
@NullMarked
package ringside.ebpf.asm;

import org.jspecify.annotations.NullMarked;

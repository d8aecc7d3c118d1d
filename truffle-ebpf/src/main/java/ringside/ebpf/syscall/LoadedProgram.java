package ringside.ebpf.syscall;

import com.oracle.truffle.api.CallTarget;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.BpfMap;

/**
 * A program in the kernel.
 *
 * @param id its number, from 1
 * @param insns as they were loaded
 * @param translated as they run: context accesses converted, dead code gone
 * @param maps what it may reach
 * @param maxContextOffset how far into its context it reads or writes
 * @param target takes the context's address as a boxed long, returns r0 as a boxed long
 */
public record LoadedProgram(
    int id,
    String name,
    ProgramType type,
    @Nullable AttachType attachType,
    List<Insn> insns,
    List<Insn> translated,
    List<BpfMap> maps,
    int maxContextOffset,
    CallTarget target) {}

package ringside.ebpf.map;

import com.oracle.truffle.api.CallTarget;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.AttachType;
import ringside.ebpf.isa.ProgramType;

/**
 * A program as maps hold it: in program arrays, and run by device and CPU maps.
 *
 * @param id its id
 * @param attachType {@code expected_attach_type}, or null
 * @param target takes the context's address as a boxed long
 */
public record MapProgram(
    int id, ProgramType type, @Nullable AttachType attachType, CallTarget target) {}

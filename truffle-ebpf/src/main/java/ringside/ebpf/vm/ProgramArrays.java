package ringside.ebpf.vm;

import com.oracle.truffle.api.CallTarget;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.BpfMap;

/** Knows which programs the slots of {@code BPF_MAP_TYPE_PROG_ARRAY} maps hold. */
@FunctionalInterface
public interface ProgramArrays {
  /**
   * The program in a slot.
   *
   * @param index unsigned, perhaps behind the array's end
   * @return its call target; null where the slot is empty or there is none
   */
  @Nullable CallTarget program(BpfMap array, int index);
}

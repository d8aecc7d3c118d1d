package ringside.ebpf.vm;

import com.oracle.truffle.api.CompilerDirectives;
import com.oracle.truffle.api.CompilerDirectives.CompilationFinal;
import com.oracle.truffle.api.nodes.Node;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.helper.HelperFunction;
import ringside.ebpf.map.BpfMap;
import ringside.kernel.mm.Access;
import ringside.kernel.mm.MemoryFault;

/** One call of a helper. */
abstract class HelperCallNode extends Node {
  abstract long execute(long r1, long r2, long r3, long r4, long r5);

  /** Makes the node that fits a helper's shape. */
  static HelperCallNode create(HelperFunction function, LongFunction<@Nullable BpfMap> maps) {
    return switch (function) {
      case HelperFunction.Plain plain -> new PlainCall(plain);
      case HelperFunction.OnMap onMap -> new MapCall(onMap, maps);
    };
  }

  private static final class PlainCall extends HelperCallNode {
    private final HelperFunction.Plain function;

    PlainCall(HelperFunction.Plain function) {
      this.function = function;
    }

    @Override
    long execute(long r1, long r2, long r3, long r4, long r5) {
      return function.call(r1, r2, r3, r4, r5);
    }
  }

  /**
   * A call whose first argument is a map.
   *
   * <p>Nearly every call site sees one map for ever: it becomes a constant here, and the map's code
   * is compiled into the program.
   */
  private static final class MapCall extends HelperCallNode {
    private final HelperFunction.OnMap function;
    private final LongFunction<@Nullable BpfMap> maps;
    @CompilationFinal private @Nullable BpfMap cached;
    @CompilationFinal private boolean many;

    MapCall(HelperFunction.OnMap function, LongFunction<@Nullable BpfMap> maps) {
      this.function = function;
      this.maps = maps;
    }

    @Override
    long execute(long r1, long r2, long r3, long r4, long r5) {
      BpfMap map = cached;
      if (map != null && map.address() == r1) {
        return function.call(map, r2, r3, r4, r5);
      }
      if (!many) {
        CompilerDirectives.transferToInterpreterAndInvalidate();
        if (map == null) {
          cached = find(r1);
        } else {
          many = true;
        }
      }
      return slow(r1, r2, r3, r4, r5);
    }

    @CompilerDirectives.TruffleBoundary
    private long slow(long r1, long r2, long r3, long r4, long r5) {
      return function.call(find(r1), r2, r3, r4, r5);
    }

    @CompilerDirectives.TruffleBoundary
    private BpfMap find(long address) {
      BpfMap map = maps.apply(address);
      if (map == null) {
        // Only an unverified program gets here: the kernel would follow the pointer to its ops.
        throw new MemoryFault(address, Long.BYTES, Access.READ, this);
      }
      return map;
    }
  }
}

package ringside.rv64.vm;

import com.oracle.truffle.api.CompilerDirectives;
import com.oracle.truffle.api.nodes.DirectCallNode;
import com.oracle.truffle.api.nodes.ExplodeLoop;
import com.oracle.truffle.api.nodes.IndirectCallNode;
import com.oracle.truffle.api.nodes.Node;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import ringside.kernel.text.KernelCall;
import ringside.rv64.hart.Hart;

/**
 * Runs whatever stands at an address until it comes back; the hart's pc tells where to go on.
 *
 * <p>An inline cache: the first few addresses become direct calls, which the compiler can inline;
 * beyond that each call is looked up.
 */
final class DispatchNode extends Node {
  private static final int CACHED_ADDRESSES = 4;
  private static final Object[] NO_ARGUMENTS = {};

  private final CodeCache code;
  private final Hart hart;
  @Children private CachedTarget[] cached = {};
  @Child private @Nullable IndirectCallNode generic;

  DispatchNode(CodeCache code) {
    this.code = code;
    this.hart = code.hart();
  }

  @ExplodeLoop
  void execute(long address) {
    for (CachedTarget target : cached) {
      if (target.address == address && target.valid()) {
        target.execute(hart);
        return;
      }
    }
    IndirectCallNode call = generic;
    if (call == null) {
      CompilerDirectives.transferToInterpreterAndInvalidate();
      cache(address).execute(hart);
      return;
    }
    switch (code.lookup(address)) {
      case CodeCache.Machine(FunctionRootNode root) ->
          call.call(root.getCallTarget(), NO_ARGUMENTS);
      case CodeCache.InKernel(KernelCall function) -> hart.callKernel(function, address);
    }
  }

  private CachedTarget cache(long address) {
    CodeCache.Target found = code.lookup(address);
    CachedTarget target = insert(new CachedTarget(address, found));
    CachedTarget[] valid =
        Arrays.stream(cached).filter(CachedTarget::valid).toArray(CachedTarget[]::new);
    if (valid.length == CACHED_ADDRESSES) {
      generic = insert(IndirectCallNode.create());
      return target;
    }
    CachedTarget[] grown = Arrays.copyOf(valid, valid.length + 1);
    grown[valid.length] = target;
    cached = insert(grown);
    return target;
  }

  /** One address and what stands there. */
  private static final class CachedTarget extends Node {
    private final long address;
    private final @Nullable FunctionRootNode root;
    private final @Nullable KernelCall function;
    @Child private @Nullable DirectCallNode call;

    CachedTarget(long address, CodeCache.Target target) {
      this.address = address;
      switch (target) {
        case CodeCache.Machine(FunctionRootNode machine) -> {
          this.root = machine;
          this.function = null;
          this.call = DirectCallNode.create(machine.getCallTarget());
        }
        case CodeCache.InKernel(KernelCall inKernel) -> {
          this.root = null;
          this.function = inKernel;
        }
      }
    }

    boolean valid() {
      return root == null || root.valid();
    }

    void execute(Hart hart) {
      if (call != null) {
        call.call(NO_ARGUMENTS);
      } else {
        hart.callKernel(Objects.requireNonNull(function), address);
      }
    }
  }
}

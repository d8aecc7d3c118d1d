package ringside.kernel.trap;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which {@code ebreak} instructions are {@code BUG()}s, and of which source line. */
public final class BugTable {
  private final Map<Long, Bug> bugs = new HashMap<>();

  /**
   * One {@code BUG()}.
   *
   * @param file the source file, as {@code kernel BUG at file:line!} prints it
   * @param module the module whose code it is in
   */
  public record Bug(String file, int line, String module) {}

  /** Adds the BUG at an address. */
  @TruffleBoundary
  public void add(long address, Bug bug) {
    bugs.put(address, bug);
  }

  /** Removes all BUGs of a module. */
  @TruffleBoundary
  public void removeModule(String module) {
    bugs.values().removeIf(bug -> bug.module().equals(module));
  }

  /** The BUG whose {@code ebreak} is at an address, or null. */
  @TruffleBoundary
  public @Nullable Bug find(long address) {
    return bugs.get(address);
  }
}

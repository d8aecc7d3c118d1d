package ringside.hook;

import com.oracle.truffle.api.TruffleLanguage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All hook points of one kernel, by name. */
public final class HookRegistry {
  private final @Nullable TruffleLanguage<?> language;
  private final Map<String, HookPoint> hooks = new LinkedHashMap<>();

  /** Makes an empty registry whose hooks belong to {@code language}. */
  public HookRegistry(@Nullable TruffleLanguage<?> language) {
    this.language = language;
  }

  /**
   * Makes a hook point.
   *
   * @throws IllegalStateException where the kernel has one of that name
   */
  public HookPoint create(String name, VerdictPolicy policy) {
    HookPoint hook = new HookPoint(name, policy, language);
    if (hooks.putIfAbsent(name, hook) != null) {
      throw new IllegalStateException("hook point " + name + " is declared twice");
    }
    return hook;
  }

  /** The hook point of that name, or null. */
  public @Nullable HookPoint find(String name) {
    return hooks.get(name);
  }

  /** All hook points, in the order in which they were made. */
  public List<HookPoint> all() {
    return List.copyOf(hooks.values());
  }
}

package ringside.kernel.trap;

import java.util.List;

/** What an oops says of the modules; the module loader gives it. */
public interface LoadedModules {
  /** No modules at all. */
  LoadedModules NONE = List::of;

  /** Each loaded module, newest first, with its flags: {@code nf_filter(O)}, {@code bad(O+)}. */
  List<String> loaded();

  /** The module that was unloaded last, with its flags, or an empty string. */
  default String lastUnloaded() {
    return "";
  }
}

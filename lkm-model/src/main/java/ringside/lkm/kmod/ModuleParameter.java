package ringside.lkm.kmod;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.lkm.loader.ModuleInfo;

/**
 * One parameter of a module, gathered from its {@code parm} and {@code parmtype} strings.
 *
 * @param description what {@code MODULE_PARM_DESC} says, or null
 * @param type e.g. {@code int}, or null
 */
record ModuleParameter(String name, @Nullable String description, @Nullable String type) {
  /** The parameters of a module in the order of {@code modinfo}: last first. */
  static List<ModuleParameter> of(ModuleInfo info) {
    Map<String, ModuleParameter> found = new LinkedHashMap<>();
    for (ModuleInfo.Entry entry : info.entries()) {
      boolean described = entry.tag().equals("parm");
      int colon = entry.value().indexOf(':');
      if ((described || entry.tag().equals("parmtype")) && colon >= 0) {
        String name = entry.value().substring(0, colon);
        String text = entry.value().substring(colon + 1);
        ModuleParameter old = found.getOrDefault(name, new ModuleParameter(name, null, null));
        found.put(
            name,
            described
                ? new ModuleParameter(name, text, old.type)
                : new ModuleParameter(name, old.description, text));
      }
    }
    return new ArrayList<>(found.values()).reversed();
  }

  /** What stands behind {@code parm:}. */
  String line() {
    if (description == null) {
      return name + ":" + type;
    }
    return type == null ? name + ":" + description : name + ":" + description + " (" + type + ")";
  }
}

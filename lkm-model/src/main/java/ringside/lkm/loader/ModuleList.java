package ringside.lkm.loader;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Memory;
import ringside.kernel.text.KernelFunction.Export;

/**
 * The kernel's list of modules: {@code LIST_HEAD(modules)}, linked in simulated memory.
 *
 * <p>A module that unlinks itself is therefore gone from {@code lsmod} and cannot be removed, as in
 * Linux; its code stays.
 */
final class ModuleList {
  static final int NAME_LENGTH = 56;

  private final Memory memory;
  private final StructLayout layout;
  private final long head;
  private final Map<Long, LoadedModule> byAddress = new HashMap<>();

  ModuleList(KernelCore core) {
    this.memory = core.memory();
    this.layout = core.layouts().of("module");
    this.head = core.symbols().defineData("modules", 16, Export.NONE);
    memory.writeLong(head, head);
    memory.writeLong(head + 8, head);
  }

  /** Links a module in front ({@code list_add_rcu}). */
  void add(LoadedModule module) {
    long entry = module.address() + layout.offset("list");
    long first = memory.readLong(head);
    memory.writeLong(first + 8, entry);
    memory.writeLong(entry, first);
    memory.writeLong(entry + 8, head);
    memory.writeLong(head, entry);
    byAddress.put(module.address(), module);
  }

  /** Unlinks a module ({@code list_del_rcu}). */
  void remove(LoadedModule module) {
    long entry = module.address() + layout.offset("list");
    long next = memory.readLong(entry);
    long previous = memory.readLong(entry + 8);
    memory.writeLong(next + 8, previous);
    memory.writeLong(previous, next);
    memory.writeLong(entry + 8, 0xdead000000000122L); // LIST_POISON2
    byAddress.remove(module.address());
  }

  /** The modules as the list in memory has them, newest first; strangers on it are left out. */
  List<LoadedModule> walk() {
    List<LoadedModule> found = new ArrayList<>();
    // Bounded, because a module may have tied the list into a knot.
    int limit = byAddress.size() + 1;
    for (long entry = memory.readLong(head);
        entry != head && limit-- > 0;
        entry = memory.readLong(entry)) {
      LoadedModule module = byAddress.get(entry - layout.offset("list"));
      if (module != null) {
        found.add(module);
      }
    }
    return found;
  }

  /** The module on the list whose {@code struct module} bears that name. */
  Optional<LoadedModule> find(String name) {
    return walk().stream().filter(module -> nameOf(module).equals(name)).findFirst();
  }

  /** {@code mod->name}. */
  String nameOf(LoadedModule module) {
    byte[] name = new byte[NAME_LENGTH];
    memory.read(module.address() + layout.offset("name"), name, 0, NAME_LENGTH);
    int end = 0;
    while (end < NAME_LENGTH && name[end] != 0) {
      end++;
    }
    return new String(name, 0, end, StandardCharsets.ISO_8859_1);
  }

  /** All modules that are in memory, on the list or not. */
  List<LoadedModule> all() {
    return List.copyOf(byAddress.values());
  }

  /** The module whose {@code struct module} is there. */
  Optional<LoadedModule> at(long address) {
    return Optional.ofNullable(byAddress.get(address));
  }
}

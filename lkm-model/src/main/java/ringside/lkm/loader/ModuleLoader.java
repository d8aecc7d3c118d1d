package ringside.lkm.loader;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.kernel.core.KernelCore;
import ringside.kernel.printk.Printk;
import ringside.kernel.text.KernelFunction.Export;
import ringside.kernel.text.KernelSymbols;
import ringside.kernel.trap.Taint;

/**
 * Loads modules into one kernel and takes them out again.
 *
 * <p>{@link #initModule} and {@link #deleteModule} are the system calls' work; they run in the
 * process context of whoever inserts or removes, with the guest context entered.
 */
public final class ModuleLoader {
  static final int ENOENT = 2;
  static final int ENOEXEC = 8;
  static final int EAGAIN = 11;
  static final int ENOMEM = 12;
  static final int EBUSY = 16;
  static final int EEXIST = 17;
  static final int EINVAL = 22;

  private static final int ERESTARTSYS_LOWEST = -4095;

  private final KernelCore core;
  private final ModuleList modules;
  private final ModuleLinker linker;
  private final ModulePlacement placement;
  private final ModuleParameters parameters;
  private final Map<String, ModuleExport> exports = new HashMap<>();
  private String lastUnloaded = "";
  private boolean refused;

  /** Makes the loader of a kernel; once a kernel, after its subsystems. */
  public ModuleLoader(KernelCore core) {
    this.core = core;
    this.modules = new ModuleList(core);
    this.placement = new ModulePlacement(core);
    this.linker = new ModuleLinker(core, exports);
    this.parameters = new ModuleParameters(core);
  }

  /** The modules on the kernel's list, newest first. */
  public List<LoadedModule> modules() {
    return modules.walk();
  }

  /** The module on the kernel's list that bears a name. */
  public Optional<LoadedModule> find(String name) {
    return modules.find(name);
  }

  /** The module whose {@code struct module} is at an address, on the list or hidden from it. */
  public Optional<LoadedModule> at(long address) {
    return modules.at(address);
  }

  /** The module whose code or data an address lies in, on the list or hidden from it. */
  public Optional<LoadedModule> containing(long address) {
    return modules.all().stream()
        .filter(m -> m.segments().stream().anyMatch(s -> s.contains(address)))
        .findFirst();
  }

  /** The module that went last and its taints, as an oops names it; empty where none has gone. */
  public String lastUnloaded() {
    return lastUnloaded;
  }

  /** Whether the last {@link #initModule} failed before the module's own init could run. */
  public boolean refused() {
    return refused;
  }

  /**
   * Loads a module and runs its init ({@code init_module}).
   *
   * @param file the contents of the {@code .ko}
   * @param args its parameters, {@code name=value} words
   * @return 0, or the negative error number
   * @throws ringside.kernel.trap.TaskKilled where init oopsed; the module stays behind, in state
   *     {@link LoadedModule.State#COMING}
   */
  public int initModule(byte[] file, String args) {
    return (int) core.traps().protect(() -> load(file, args));
  }

  private int load(byte[] file, String args) {
    LoadedModule module;
    refused = false;
    try {
      module = prepare(file, args);
    } catch (LoadError e) {
      refused = true;
      e.log(core.printk());
      return -e.errno();
    }
    return runInit(module);
  }

  /** Everything up to where init may run: {@code load_module}. */
  private LoadedModule prepare(byte[] file, String args) throws LoadError {
    ModuleImage image = ModuleImage.parse(file, core.layouts().of("module").size());
    checkEarly(image);
    LoadedModule module = placement.place(image);
    boolean listed = false;
    try {
      checkExists(image.name());
      module.setState(LoadedModule.State.UNFORMED);
      modules.add(module);
      listed = true;
      taint(module, image);
      // The loader's own reference, and one while init runs.
      module.setReferenceCounter(2);
      linker.link(module, image);
      placement.seal(module);
      module.setState(LoadedModule.State.COMING);
      ModuleImage.Section params = image.find("__param");
      int count = (int) (params.size / core.layouts().of("kernel_param").size());
      parameters.apply(module.name(), args, params.address, count);
      return module;
    } catch (LoadError e) {
      if (listed) {
        modules.remove(module);
      }
      release(module);
      throw e;
    }
  }

  /** {@code early_mod_check}. */
  private void checkEarly(ModuleImage image) throws LoadError {
    linker.checkStructVersion(image);
    Optional<String> magic = image.modinfo("vermagic");
    String wanted = Vermagic.of(core.version());
    if (magic.isEmpty()) {
      throw LoadError.silent(ENOEXEC);
    }
    boolean versioned = image.versionsSection().index != 0;
    if (!Vermagic.same(magic.get(), wanted, versioned)) {
      throw LoadError.err(
          ENOEXEC,
          "%s: version magic '%s' should be '%s'".formatted(image.name(), magic.get(), wanted));
    }
    if (image.modinfo("livepatch").isPresent()) {
      throw LoadError.err(
          ENOEXEC,
          image.name()
              + ": module is marked as livepatch module, but livepatch support is disabled");
    }
    checkExists(image.name());
  }

  private void checkExists(String name) throws LoadError {
    Optional<LoadedModule> old = modules.find(name);
    if (old.isPresent()) {
      // Linux waits for one that is coming; here nobody else runs who could finish it.
      throw LoadError.silent(old.get().state() == LoadedModule.State.LIVE ? EEXIST : EBUSY);
    }
  }

  /** {@code module_augment_kernel_taints}. */
  private void taint(LoadedModule module, ModuleImage image) {
    Taint kernel = core.traps().taint();
    if (image.modinfo("intree").isEmpty()) {
      if (!kernel.has(Taint.Flag.OOT_MODULE)) {
        warn(module.name() + ": loading out-of-tree module taints kernel.");
      }
      taint(module, Taint.Flag.OOT_MODULE);
    }
    if (image.modinfo("staging").isPresent()) {
      taint(module, Taint.Flag.CRAP);
      warn(
          module.name()
              + ": module is from the staging directory, the quality is unknown, you have been"
              + " warned.");
    }
    String license = image.modinfo("license").orElse("unspecified");
    if (!License.gplCompatible(license)) {
      if (!kernel.has(Taint.Flag.PROPRIETARY_MODULE)) {
        warn("%s: module license '%s' taints kernel.".formatted(module.name(), license));
      }
      taint(module, Taint.Flag.PROPRIETARY_MODULE);
    }
    if (image.modinfo("test").isPresent()) {
      if (!kernel.has(Taint.Flag.TEST)) {
        warn(module.name() + ": loading test module taints kernel.");
      }
      taint(module, Taint.Flag.TEST);
    }
  }

  private void taint(LoadedModule module, Taint.Flag flag) {
    module.taint(flag);
    core.traps().taint().add(flag);
  }

  /** {@code do_init_module}. */
  private int runInit(LoadedModule module) {
    int result = module.init() == 0 ? 0 : (int) core.callFunction(module.init());
    if (result < 0) {
      module.setState(LoadedModule.State.GOING);
      modules.remove(module);
      release(module);
      return result < ERESTARTSYS_LOWEST ? -EINVAL : result;
    }
    if (result > 0) {
      warn(
          ("do_init_module: '%s'->init suspiciously returned %d, it should follow 0/-E convention\n"
                  + "do_init_module: loading module anyway...")
              .formatted(module.name(), result));
    }
    module.setState(LoadedModule.State.LIVE);
    module.setReferenceCounter(module.references());
    List<KernelSymbols.Symbol> initSymbols = new ArrayList<>();
    for (Segment segment : placement.dropInit(module)) {
      core.symbols().all().stream()
          .filter(s -> segment.contains(s.address()))
          .forEach(initSymbols::add);
    }
    initSymbols.forEach(core.symbols()::remove);
    return 0;
  }

  /**
   * Runs a module's exit and takes it out ({@code delete_module}).
   *
   * @return 0, or the negative error number
   * @throws ringside.kernel.trap.TaskKilled where exit oopsed; the module stays, in state {@link
   *     LoadedModule.State#GOING}
   */
  public int deleteModule(String name) {
    return (int) core.traps().protect(() -> remove(name));
  }

  private int remove(String name) {
    Optional<LoadedModule> found = modules.find(name);
    if (found.isEmpty()) {
      return -ENOENT;
    }
    LoadedModule module = found.get();
    if (!module.usedBy().isEmpty()) {
      return -EAGAIN; // EWOULDBLOCK
    }
    if (module.state() != LoadedModule.State.LIVE) {
      return -EBUSY;
    }
    if (module.init() != 0 && module.exit() == 0) {
      return -EBUSY;
    }
    if (module.references() != 0) {
      return -EAGAIN; // EWOULDBLOCK
    }
    module.setReferenceCounter(0);
    module.setState(LoadedModule.State.GOING);
    if (module.exit() != 0) {
      core.callFunction(module.exit());
    }
    String taints = module.taintLetters();
    lastUnloaded = modules.nameOf(module) + (taints.isEmpty() ? "" : "(" + taints + ")");
    modules.remove(module);
    release(module);
    return 0;
  }

  private void release(LoadedModule module) {
    module.releaseUses();
    exports.values().removeIf(export -> export.owner() == module);
    linker.forget(module);
    placement.free(module);
  }

  private void warn(String text) {
    core.printk().emit(Printk.WARNING, text);
  }

  /**
   * {@code /proc/modules} as root reads it.
   *
   * <p>Walks the list in simulated memory: what a module did to that list shows here.
   */
  public String procModules() {
    StringBuilder out = new StringBuilder();
    for (LoadedModule module : modules.walk()) {
      if (module.state() == LoadedModule.State.UNFORMED) {
        continue;
      }
      StringBuilder users = new StringBuilder();
      module.usedBy().forEach(user -> users.append(user.name()).append(','));
      if (module.init() != 0 && module.exit() == 0) {
        users.append("[permanent],");
      }
      out.append(
          "%s %d %d %s %s 0x%016x%s\n"
              .formatted(
                  modules.nameOf(module),
                  module.size(),
                  module.references(),
                  users.isEmpty() ? "-" : users,
                  module.state().word(),
                  module.textBase(),
                  flags(module)));
    }
    return out.toString();
  }

  /**
   * The modules as an oops lists them, e.g. {@code hello(O)}, {@code nf_drop(PO+)}; newest first.
   */
  public List<String> linkedIn() {
    return modules.walk().stream()
        .filter(m -> m.state() != LoadedModule.State.UNFORMED)
        .map(m -> modules.nameOf(m) + flags(m).strip())
        .toList();
  }

  /** {@code module_flags} with the state shown, a space before it; empty where there is nothing. */
  private static String flags(LoadedModule module) {
    String mark =
        switch (module.state()) {
          case GOING -> "-";
          case COMING -> "+";
          case LIVE, UNFORMED -> "";
        };
    String text = module.taintLetters() + mark;
    return text.isEmpty() ? "" : " (" + text + ")";
  }

  /** An exported symbol of a module. */
  record ModuleExport(LoadedModule owner, long address, boolean gplOnly, int crc) {
    Export kind() {
      return gplOnly ? Export.GPL : Export.ALL;
    }
  }
}

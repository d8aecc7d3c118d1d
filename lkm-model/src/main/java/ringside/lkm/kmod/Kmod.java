package ringside.lkm.kmod;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import ringside.format.BadInputException;
import ringside.format.elf.ElfFile;
import ringside.kernel.Kernel;
import ringside.kernel.trap.TaskKilled;
import ringside.lkm.loader.LoadedModule;
import ringside.lkm.loader.ModuleInfo;
import ringside.lkm.loader.ModuleLoader;

/**
 * The kmod tools of one machine, each run as a process of its own.
 *
 * <p>A method returns the tool's exit status; 139 where an oops killed it, as a shell sees it, and
 * {@link #REFUSED}, where kmod has 1, when the kernel did not take the module.
 */
public final class Kmod {
  /** Exit status where the module loader refused a module. */
  public static final int REFUSED = 3;

  private static final int ENOENT = 2;
  private static final int SIGNALLED = 128;
  private static final int KEY_WIDTH = 15;

  private final Kernel kernel;
  private final ModuleLoader loader;
  private final Files files;
  private final PrintWriter out;
  private final PrintWriter err;

  /** Where the tools find files. */
  @FunctionalInterface
  public interface Files {
    /** The contents of the file at a path, or null where there is none that can be read. */
    byte @Nullable [] read(String path);
  }

  /** Makes the tools, which write to {@code out} and {@code err}. */
  public Kmod(Kernel kernel, ModuleLoader loader, Files files, PrintWriter out, PrintWriter err) {
    this.kernel = kernel;
    this.loader = loader;
    this.files = files;
    this.out = out;
    this.err = err;
  }

  /** {@code insmod FILE [NAME=VALUE…]}. */
  public int insmod(List<String> args) {
    if (args.isEmpty()) {
      return fail("insmod", "missing filename.");
    }
    String path = args.getFirst();
    byte[] file = files.read(path);
    if (file == null) {
      return fail("insmod", "could not load module %s: %s".formatted(path, Strerror.of(ENOENT)));
    }
    String options =
        String.join(" ", args.subList(1, args.size()).stream().map(Kmod::quote).toList());
    return process(
        "insmod",
        () -> {
          int result = loader.initModule(file, options);
          return inserted("insmod", "could not insert module " + path, result);
        });
  }

  /** {@code rmmod MODULE…}; a module may be named by its file. */
  public int rmmod(List<String> args) {
    if (args.isEmpty()) {
      return fail("rmmod", "missing module name.");
    }
    int status = 0;
    for (String arg : args) {
      int one = process("rmmod", () -> remove(arg));
      status = one == 0 ? status : one;
    }
    return status;
  }

  private int remove(String arg) {
    String name = moduleName(arg);
    Optional<LoadedModule> module = loader.find(name);
    if (module.isEmpty()) {
      return fail("rmmod", "Module %s is not currently loaded".formatted(name));
    }
    List<LoadedModule> holders = module.get().usedBy();
    if (!holders.isEmpty()) {
      StringBuilder names = new StringBuilder();
      holders.forEach(holder -> names.append(' ').append(holder.name()));
      return fail("rmmod", "Module %s is in use by:%s".formatted(name, names));
    }
    if (module.get().references() > 0) {
      return fail("rmmod", "Module %s is in use".formatted(name));
    }
    int result = loader.deleteModule(name);
    return result == 0
        ? 0
        : fail("rmmod", "could not remove module %s: %s".formatted(arg, Strerror.of(-result)));
  }

  /** {@code lsmod}. */
  public int lsmod(List<String> args) {
    if (!args.isEmpty()) {
      return fail("lsmod", "too many arguments provided.");
    }
    out.println("Module                  Size  Used by");
    for (LoadedModule module : loader.modules()) {
      StringBuilder holders = new StringBuilder();
      for (LoadedModule holder : module.usedBy()) {
        holders.append(holders.isEmpty() ? " " : ",").append(holder.name());
      }
      long size =
          module.segments().stream().filter(s -> !s.kind().init()).mapToLong(s -> s.size()).sum();
      out.println("%-19s %8d  %d%s".formatted(module.name(), size, module.references(), holders));
    }
    return 0;
  }

  /** {@code modinfo [-F FIELD] FILE…}. */
  public int modinfo(List<String> args) {
    List<String> names = new ArrayList<>(args);
    String field = null;
    if (names.size() >= 2 && names.getFirst().equals("-F")) {
      field = names.get(1);
      names = names.subList(2, names.size());
    }
    if (names.isEmpty()) {
      return fail("modinfo", "missing module or filename.");
    }
    int status = 0;
    for (String name : names) {
      byte[] file = files.read(name);
      if (file == null) {
        status = fail("modinfo", "Module %s not found.".formatted(name));
        continue;
      }
      status = describe(name, file, field) == 0 ? status : 1;
    }
    return status;
  }

  private int describe(String path, byte[] file, @Nullable String field) {
    ModuleInfo info;
    try {
      ElfFile elf = ElfFile.parse(path, file);
      Optional<byte[]> section = elf.section(".modinfo").map(elf::bytes);
      if (section.isEmpty()) {
        return notModule(path);
      }
      info = ModuleInfo.parse(section.get());
    } catch (BadInputException e) {
      return notModule(path);
    }
    if (field != null) {
      if (field.equals("filename")) {
        out.println(path);
      }
      for (ModuleInfo.Entry entry : info.entries()) {
        if (entry.tag().equals(field)) {
          out.println(entry.value());
        }
      }
      return 0;
    }
    out.println("%-16s%s".formatted("filename:", path));
    for (ModuleInfo.Entry entry : info.entries()) {
      if (!entry.tag().startsWith("parm")) {
        int width = KEY_WIDTH - Math.min(KEY_WIDTH, entry.tag().length());
        out.println(entry.tag() + ":" + " ".repeat(width) + entry.value());
      }
    }
    for (ModuleParameter parameter : ModuleParameter.of(info)) {
      out.println("%-16s%s".formatted("parm:", parameter.line()));
    }
    return 0;
  }

  private int notModule(String path) {
    return fail(
        "modinfo",
        "could not get modinfo from '%s': %s".formatted(moduleName(path), "Invalid argument"));
  }

  /**
   * {@code modprobe [-r] MODULE [NAME=VALUE…]}, with the files beside the caller in place of {@code
   * /lib/modules}.
   */
  public int modprobe(List<String> args) {
    if (args.isEmpty()) {
      return fail("modprobe", "missing parameters. See -h.");
    }
    if (args.getFirst().equals("-r")) {
      return args.size() > 1 ? rmmod(args.subList(1, args.size())) : modprobe(List.of());
    }
    String name = moduleName(args.getFirst());
    if (loader.find(name).isPresent()) {
      return 0;
    }
    String path = name + ".ko";
    byte[] file = files.read(path);
    if (file == null) {
      err.println(
          "modprobe: FATAL: Module %s not found in directory /lib/modules/%s"
              .formatted(name, kernel.version().release()));
      return 1;
    }
    String options =
        String.join(" ", args.subList(1, args.size()).stream().map(Kmod::quote).toList());
    return process(
        "modprobe",
        () -> {
          int result = loader.initModule(file, options);
          return inserted("modprobe", "could not insert '%s'".formatted(name), result);
        });
  }

  /** Runs a tool's body as a process; says so where the kernel kills it. */
  private int process(String comm, IntSupplier body) {
    try {
      return kernel.tasks().inProcess(comm, 0, body::getAsInt);
    } catch (TaskKilled killed) {
      err.println(killed.signal() == 11 ? "Segmentation fault" : "Killed");
      return SIGNALLED + killed.signal();
    }
  }

  private int fail(String tool, String message) {
    err.println(tool + ": ERROR: " + message);
    return 1;
  }

  private int inserted(String tool, String failed, int result) {
    if (result == 0) {
      return 0;
    }
    int status = fail(tool, failed + ": " + insertionError(-result));
    return loader.refused() ? REFUSED : status;
  }

  private static String insertionError(int errno) {
    return switch (errno) {
      case 8 -> "Invalid module format";
      case 2 -> "Unknown symbol in module";
      case 3 -> "Module has wrong symbol version";
      case 22 -> "Invalid parameters";
      default -> Strerror.of(errno);
    };
  }

  /** {@code options_from_array}: a value with blanks is quoted. */
  private static String quote(String option) {
    int equals = option.indexOf('=');
    if (option.indexOf(' ') < 0 || equals < 0 || option.indexOf('"') >= 0) {
      return option;
    }
    return option.substring(0, equals + 1) + '"' + option.substring(equals + 1) + '"';
  }

  /** The name in a path: without directory and suffix, dashes as underscores. */
  static String moduleName(String path) {
    String file = path.substring(path.lastIndexOf('/') + 1);
    String stem = file.endsWith(".ko") ? file.substring(0, file.length() - 3) : file;
    return stem.replace('-', '_');
  }
}

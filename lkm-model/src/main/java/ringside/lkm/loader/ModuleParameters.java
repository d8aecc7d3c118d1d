package ringside.lkm.loader;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.mm.Gfp;
import ringside.kernel.printk.Printk;

/** Hands the words after a module's name to its {@code __param} section ({@code parse_args}). */
final class ModuleParameters {
  private static final int ENOENT = 2;
  private static final int EINVAL = 22;
  private static final int ENOSPC = 28;
  private static final int FL_NOARG = 1;

  private final KernelCore core;
  private final StructLayout param;
  private final StructLayout ops;

  /**
   * One word.
   *
   * @param name before the {@code =}
   * @param value behind it, quotes removed; null where there is no {@code =}
   */
  record Argument(String name, @Nullable String value) {}

  ModuleParameters(KernelCore core) {
    this.core = core;
    this.param = core.layouts().of("kernel_param");
    this.ops = core.layouts().of("kernel_param_ops");
  }

  /**
   * Sets parameters; reports what is wrong with a word and goes on with the next.
   *
   * @param section the address of {@code __param}
   * @param count how many parameters it has
   * @throws LoadError silent, for what has been logged already
   */
  void apply(String module, String args, long section, int count) throws LoadError {
    int error = 0;
    List<Argument> words = split(args);
    for (int i = 0; i < words.size(); i++) {
      Argument word = words.get(i);
      if (word.value() == null && word.name().equals("--")) {
        core.printk()
            .emit(
                Printk.WARNING,
                "%s: parameters '%s' after `--' ignored".formatted(module, rest(words, i + 1)));
        break;
      }
      int result = set(module, word, section, count);
      if (result != 0) {
        complain(module, word, result);
        error = result;
      }
    }
    if (error != 0) {
      throw LoadError.silent(-error);
    }
  }

  private int set(String module, Argument word, long section, int count) {
    Optional<Long> parameter = find(word.name(), section, count);
    if (parameter.isEmpty()) {
      if (!word.name().equals("async_probe")) {
        core.printk()
            .emit(
                Printk.WARNING,
                "%s: unknown parameter '%s' ignored".formatted(module, word.name()));
      }
      return 0;
    }
    long kp = parameter.get();
    long table = core.memory().readLong(kp + param.offset("ops"));
    int flags = core.memory().readInt(table + ops.offset("flags"));
    if (word.value() == null && (flags & FL_NOARG) == 0) {
      return -EINVAL;
    }
    long text = 0;
    if (word.value() != null) {
      byte[] bytes = KernelText.bytes(word.value());
      text = core.slab().kmalloc(bytes.length, Gfp.KERNEL);
      core.memory().write(text, bytes, 0, bytes.length);
    }
    long setter = core.memory().readLong(table + ops.offset("set"));
    int result = (int) core.callFunction(setter, text, kp);
    if (text != 0) {
      core.slab().kfree(text);
    }
    return result;
  }

  private void complain(String module, Argument word, int result) {
    String value = word.value() == null ? "" : word.value();
    core.printk()
        .emit(
            Printk.ERR,
            switch (-result) {
              case ENOENT -> "%s: Unknown parameter `%s'".formatted(module, word.name());
              case ENOSPC ->
                  "%s: `%s' too large for parameter `%s'".formatted(module, value, word.name());
              default ->
                  "%s: `%s' invalid for parameter `%s'".formatted(module, value, word.name());
            });
  }

  private Optional<Long> find(String name, long section, int count) {
    for (int i = 0; i < count; i++) {
      long kp = section + (long) i * param.size();
      long text = core.memory().readLong(kp + param.offset("name"));
      if (KernelText.read(core.memory(), text).replace('-', '_').equals(name.replace('-', '_'))) {
        return Optional.of(kp);
      }
    }
    return Optional.empty();
  }

  /** Cuts at spaces outside of double quotes ({@code next_arg}). */
  static List<Argument> split(String args) {
    List<Argument> words = new ArrayList<>();
    int at = 0;
    while (at < args.length()) {
      if (args.charAt(at) == ' ') {
        at++;
        continue;
      }
      int end = at;
      boolean quoted = false;
      while (end < args.length() && (quoted || args.charAt(end) != ' ')) {
        quoted ^= args.charAt(end) == '"';
        end++;
      }
      words.add(argument(args.substring(at, end)));
      at = end;
    }
    return words;
  }

  private static Argument argument(String word) {
    String text = word;
    if (text.startsWith("\"")) {
      text = text.substring(1);
      text = text.endsWith("\"") ? text.substring(0, text.length() - 1) : text;
    }
    int equals = text.indexOf('=');
    if (equals <= 0) {
      return new Argument(text, null);
    }
    String value = text.substring(equals + 1);
    if (value.startsWith("\"")) {
      value = value.substring(1);
      value = value.endsWith("\"") ? value.substring(0, value.length() - 1) : value;
    }
    return new Argument(text.substring(0, equals), value);
  }

  private static String rest(List<Argument> words, int from) {
    return String.join(
        " ",
        words.subList(from, words.size()).stream()
            .map(w -> w.value() == null ? w.name() : w.name() + "=" + w.value())
            .toList());
  }
}

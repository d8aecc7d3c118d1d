package ringside.toolchain;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What to compile, for what, into which file.
 *
 * @param target for what
 * @param sources C files, at least one
 * @param includes directories searched before the bundled ones
 * @param defines {@code NAME} or {@code NAME=VALUE}
 * @param flags more flags for clang, after the target's own
 * @param output the file to write; its directory is made when missing
 */
public record Compilation(
    Target target,
    List<Path> sources,
    List<Path> includes,
    List<String> defines,
    List<String> flags,
    Path output) {

  /** Copies the lists. */
  public Compilation {
    sources = List.copyOf(sources);
    includes = List.copyOf(includes);
    defines = List.copyOf(defines);
    flags = List.copyOf(flags);
    if (sources.isEmpty()) {
      throw new IllegalArgumentException("nothing to compile");
    }
  }

  /** Compiles one file with the target's own flags. */
  public static Compilation of(Target target, Path source, Path output) {
    return new Compilation(target, List.of(source), List.of(), List.of(), List.of(), output);
  }

  /** The same and one more source file, linked in. */
  public Compilation withSource(Path source) {
    return new Compilation(target, plus(sources, source), includes, defines, flags, output);
  }

  /** The same and one more include directory. */
  public Compilation withInclude(Path directory) {
    return new Compilation(target, sources, plus(includes, directory), defines, flags, output);
  }

  /** The same and one more macro, {@code NAME} or {@code NAME=VALUE}. */
  public Compilation withDefine(String define) {
    return new Compilation(target, sources, includes, plus(defines, define), flags, output);
  }

  /** The same and one more flag for clang. */
  public Compilation withFlag(String flag) {
    return new Compilation(target, sources, includes, defines, plus(flags, flag), output);
  }

  private static <T> List<T> plus(List<T> list, T item) {
    List<T> longer = new ArrayList<>(list);
    longer.add(item);
    return longer;
  }
}

package ringside.toolchain;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.btf.BtfWriter;
import ringside.format.elf.ElfFile;

/**
 * Turns the kernel's C headers into its BTF, the {@code vmlinux.btf} that ships as a resource; runs
 * in the build.
 *
 * <p>clang emits BTF only for what a variable refers to. So every struct, union, enum, typedef and
 * function that the headers declare gets a pointer variable in a generated file, and the variables
 * are dropped again afterwards.
 */
public final class KernelTypes {
  private static final String VARIABLE = "__ringside_";

  private KernelTypes() {}

  /**
   * Entry point of the build.
   *
   * @param args the include directory, and the file to write; nothing happens when that is newer
   *     than every header
   */
  public static void main(String[] args) throws IOException {
    Path include = Path.of(args[0]);
    Path output = Path.of(args[1]);
    List<Path> headers = headers(include);
    if (isNewer(output, headers.stream().map(include::resolve).toList())) {
      return;
    }
    byte[] btf = compile(Toolchain.locate(), include, headers);
    Files.createDirectories(output.toAbsolutePath().resolveSibling(""));
    Files.write(output, btf);
  }

  /**
   * Compiles a tree of headers.
   *
   * @param include the include directory
   * @return the bytes of a BTF section
   * @throws CompileException when they do not compile
   */
  public static byte[] compile(Toolchain toolchain, Path include) throws IOException {
    return compile(toolchain, include, headers(include));
  }

  private static byte[] compile(Toolchain toolchain, Path include, List<Path> headers)
      throws IOException {
    Path work = Files.createTempDirectory("ringside-types");
    try {
      StringBuilder text = new StringBuilder();
      headers.forEach(header -> text.append("#include <").append(header).append(">\n"));
      Path all = Files.writeString(work.resolve("all.c"), text);
      Path tree = work.resolve("all.json");
      toolchain.dumpSyntaxTree(Compilation.of(Target.BPF, all, tree).withInclude(include));
      Declarations declarations = Declarations.of(parse(tree));
      Path variables = Files.writeString(work.resolve("types.c"), text + declarations.variables());
      Compilation job =
          Compilation.of(Target.BPF, variables, work.resolve("types.o")).withInclude(include);
      ElfFile object = ElfFile.read(toolchain.compile(job).orThrow(include));
      return BtfWriter.write(withoutVariables(Btf.of(object), declarations));
    } finally {
      UserCache.delete(work);
    }
  }

  private static JsonObject parse(Path tree) throws IOException {
    try (Reader reader = Files.newBufferedReader(tree)) {
      return JsonParser.parseReader(reader).getAsJsonObject();
    }
  }

  private static List<Path> headers(Path include) throws IOException {
    try (Stream<Path> files = Files.walk(include)) {
      return files
          .filter(file -> file.toString().endsWith(".h"))
          .map(include::relativize)
          .sorted()
          .toList();
    }
  }

  private static boolean isNewer(Path output, List<Path> headers) throws IOException {
    if (!Files.exists(output)) {
      return false;
    }
    FileTime time = Files.getLastModifiedTime(output);
    for (Path header : headers) {
      if (Files.getLastModifiedTime(header).compareTo(time) >= 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * What the headers declare at the top level.
   *
   * @param types as C refers to them, {@code struct task_struct} for instance
   * @param functions the names of each function's parameters
   */
  private record Declarations(List<String> types, Map<String, List<String>> functions) {
    static Declarations of(JsonObject translationUnit) {
      List<String> types = new ArrayList<>();
      Map<String, List<String>> functions = new LinkedHashMap<>();
      for (JsonElement element : inner(translationUnit)) {
        JsonObject declaration = element.getAsJsonObject();
        String name = text(declaration, "name");
        if (name.isEmpty() || declaration.has("isImplicit")) {
          continue;
        }
        switch (text(declaration, "kind")) {
          case "RecordDecl" -> {
            if (declaration.has("completeDefinition")) {
              types.add(text(declaration, "tagUsed") + " " + name);
            }
          }
          case "EnumDecl" -> types.add("enum " + name);
          case "TypedefDecl" -> types.add(name);
          case "FunctionDecl" -> {
            if (!text(declaration, "storageClass").equals("static") && !declaration.has("inline")) {
              functions.put(name, parameters(declaration));
            }
          }
          default -> {
            // Variables and assertions add no type of their own.
          }
        }
      }
      return new Declarations(types.stream().distinct().toList(), functions);
    }

    private static List<String> parameters(JsonObject function) {
      List<String> names = new ArrayList<>();
      for (JsonElement element : inner(function)) {
        if (text(element.getAsJsonObject(), "kind").equals("ParmVarDecl")) {
          names.add(text(element.getAsJsonObject(), "name"));
        }
      }
      return names;
    }

    private static JsonArray inner(JsonObject node) {
      return node.has("inner") ? node.getAsJsonArray("inner") : new JsonArray();
    }

    private static String text(JsonObject node, String key) {
      return node.has(key) ? node.get(key).getAsString() : "";
    }

    String variables() {
      StringBuilder text = new StringBuilder();
      int number = 0;
      for (String type : types) {
        text.append(type).append(" *").append(VARIABLE).append(number++).append(";\n");
      }
      for (String function : functions.keySet()) {
        text.append("typeof(").append(function).append(") *");
        text.append(VARIABLE).append("func_").append(function).append(";\n");
      }
      return text.toString();
    }
  }

  /**
   * Drops the variables and what only they need, and makes a function of each that stands for one.
   */
  private static List<BtfType> withoutVariables(Btf btf, Declarations declarations) {
    List<BtfType> types = btf.types();
    boolean[] keep = new boolean[types.size()];
    List<BtfType.Func> functions = new ArrayList<>();
    for (BtfType type : types) {
      if (type instanceof BtfType.Var variable && variable.name().startsWith(VARIABLE)) {
        int pointee = ((BtfType.Ptr) btf.type(variable.type())).type();
        mark(btf, pointee, keep);
        if (variable.name().startsWith(VARIABLE + "func_")) {
          String name = variable.name().substring(VARIABLE.length() + "func_".length());
          functions.add(new BtfType.Func(name, pointee, 1));
        }
      }
    }
    int[] ids = new int[types.size()];
    List<BtfType> kept = new ArrayList<>(List.of(types.getFirst()));
    for (int id = 1; id < types.size(); id++) {
      if (keep[id]) {
        ids[id] = kept.size();
        kept.add(types.get(id));
      }
    }
    List<BtfType> renumbered = new ArrayList<>();
    kept.forEach(type -> renumbered.add(renumber(type, ids)));
    for (BtfType.Func function : functions) {
      // A function type has no parameter names; two functions of one type get one prototype each.
      BtfType.FuncProto prototype =
          named(
              (BtfType.FuncProto) renumber(btf.type(function.type()), ids),
              declarations.functions().getOrDefault(function.name(), List.of()));
      renumbered.add(prototype);
      renumbered.add(new BtfType.Func(function.name(), renumbered.size() - 1, function.linkage()));
    }
    return renumbered;
  }

  private static BtfType.FuncProto named(BtfType.FuncProto prototype, List<String> names) {
    List<BtfType.Parameter> parameters = new ArrayList<>();
    for (BtfType.Parameter parameter : prototype.parameters()) {
      int i = parameters.size();
      String name = i < names.size() ? names.get(i) : "";
      parameters.add(new BtfType.Parameter(name, parameter.type()));
    }
    return new BtfType.FuncProto(prototype.type(), parameters);
  }

  private static void mark(Btf btf, int id, boolean[] keep) {
    if (id == 0 || keep[id]) {
      return;
    }
    keep[id] = true;
    switch (btf.type(id)) {
      case BtfType.Reference r -> {
        mark(btf, r.type(), keep);
        if (r instanceof BtfType.FuncProto prototype) {
          prototype.parameters().forEach(parameter -> mark(btf, parameter.type(), keep));
        }
      }
      case BtfType.Array a -> {
        mark(btf, a.element(), keep);
        mark(btf, a.index(), keep);
      }
      case BtfType.Composite c -> c.members().forEach(member -> mark(btf, member.type(), keep));
      case BtfType leaf -> {
        // refers to nothing
      }
    }
  }

  private static BtfType renumber(BtfType type, int[] ids) {
    return switch (type) {
      case BtfType.Ptr t -> new BtfType.Ptr(ids[t.type()]);
      case BtfType.Array t -> new BtfType.Array(ids[t.element()], ids[t.index()], t.count());
      case BtfType.Struct t -> new BtfType.Struct(t.name(), t.size(), members(t, ids));
      case BtfType.Union t -> new BtfType.Union(t.name(), t.size(), members(t, ids));
      case BtfType.Typedef t -> new BtfType.Typedef(t.name(), ids[t.type()]);
      case BtfType.Volatile t -> new BtfType.Volatile(ids[t.type()]);
      case BtfType.Const t -> new BtfType.Const(ids[t.type()]);
      case BtfType.Restrict t -> new BtfType.Restrict(ids[t.type()]);
      case BtfType.TypeTag t -> new BtfType.TypeTag(t.name(), ids[t.type()]);
      case BtfType.DeclTag t -> new BtfType.DeclTag(t.name(), ids[t.type()], t.component());
      case BtfType.FuncProto t ->
          new BtfType.FuncProto(
              ids[t.type()],
              t.parameters().stream()
                  .map(p -> new BtfType.Parameter(p.name(), ids[p.type()]))
                  .toList());
      case BtfType other -> other;
    };
  }

  private static List<BtfType.Member> members(BtfType.Composite composite, int[] ids) {
    return composite.members().stream()
        .map(m -> new BtfType.Member(m.name(), ids[m.type()], m.bitOffset(), m.bitSize()))
        .toList();
  }
}

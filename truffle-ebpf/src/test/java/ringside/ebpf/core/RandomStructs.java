package ringside.ebpf.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Random structs in two versions, the program's and the kernel's, in C.
 *
 * <p>The kernel's has the same members in another order, among others, in anonymous structs, with
 * other sizes of arrays.
 */
final class RandomStructs {
  private static final List<String> TYPES =
      List.of("char", "short", "unsigned", "long", "void *", "enum e", "double");

  private final Random random;
  private final StringBuilder program = new StringBuilder();
  private final StringBuilder kernel = new StringBuilder("enum e { A, B };\n");
  private final StringBuilder expectations = new StringBuilder();

  /** A member that both versions have. */
  private record Member(String name, String mine, String theirs, String access) {}

  RandomStructs(Random random, int count) {
    this.random = random;
    program.append("enum e { A, B };\n");
    for (int i = 0; i < count; i++) {
      add("s" + i, i);
    }
  }

  private void add(String name, int index) {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(8); i++) {
      members.add(member("m" + i, index));
    }
    program.append("struct %s {\n".formatted(name));
    members.forEach(m -> program.append("  ").append(m.mine).append(";\n"));
    program.append("} CORE;\n");

    List<String> theirs = new ArrayList<>(members.stream().map(Member::theirs).toList());
    for (int i = 0; i < random.nextInt(5); i++) {
      theirs.add(TYPES.get(random.nextInt(TYPES.size())) + " extra" + i);
    }
    Collections.shuffle(theirs, random);
    StringBuilder body = new StringBuilder();
    int open = 0;
    for (String member : theirs) {
      if (random.nextInt(4) == 0) {
        body.append(random.nextBoolean() ? "struct {\n" : "union {\n");
        open++;
      }
      body.append("  ").append(member).append(";\n");
      if (open > 0 && random.nextInt(3) == 0) {
        body.append("};\n");
        open--;
      }
    }
    body.append("};\n".repeat(open));
    kernel.append("struct %s {\n%s} v_%s;\n".formatted(name, body, name));
    for (Member member : members) {
      define(name, member.access, member.name);
    }
    program.append("RETURN(z_%s, bpf_core_type_size(struct %s))\n".formatted(name, name));
    expectations.append("RETURN(z_%s, sizeof(struct %s))\n".formatted(name, name));
  }

  private Member member(String name, int index) {
    String type = TYPES.get(random.nextInt(TYPES.size()));
    return switch (random.nextInt(6)) {
      case 0 -> {
        int count = 2 + random.nextInt(5);
        int at = random.nextInt(count);
        yield new Member(
            name,
            "%s %s[%d]".formatted(type, name, count),
            "%s %s[%d]".formatted(type, name, at + 1 + random.nextInt(4)),
            "%s[%d]".formatted(name, at));
      }
      case 1 -> same(name, index > 0 ? "struct s" + random.nextInt(index) : type);
      default -> same(name, type);
    };
  }

  private static Member same(String name, String type) {
    return new Member(name, type + " " + name, type + " " + name, name);
  }

  private void define(String struct, String access, String member) {
    program.append(
        "RETURN(o_%s_%s, __builtin_preserve_field_info(((struct %s *)0)->%s, 0))\n"
            .formatted(struct, member, struct, access));
    expectations.append(
        "RETURN(o_%s_%s, (long)&((struct %s *)0)->%s)\n".formatted(struct, member, struct, access));
    program.append(
        "RETURN(e_%s_%s, bpf_core_field_exists(((struct %s *)0)->%s))\n"
            .formatted(struct, member, struct, access));
    expectations.append("RETURN(e_%s_%s, 1)\n".formatted(struct, member));
  }

  String program() {
    return program.toString();
  }

  String kernel() {
    return kernel.toString();
  }

  /** Programs of the same names that return what clang knows of the kernel's version. */
  String expectations() {
    return kernel.toString() + expectations;
  }
}

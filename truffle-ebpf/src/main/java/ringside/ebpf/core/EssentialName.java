package ringside.ebpf.core;

/** Names without their flavour: {@code task_struct___old} is for {@code task_struct}. */
public final class EssentialName {
  private EssentialName() {}

  /** A name up to its last {@code ___} between two characters that are no underscores. */
  public static String of(String name) {
    for (int at = name.length() - 5; at >= 0; at--) {
      boolean separator = name.charAt(at) != '_' && name.charAt(at + 4) != '_';
      if (separator && name.startsWith("___", at + 1)) {
        return name.substring(0, at + 1);
      }
    }
    return name;
  }

  static boolean same(String local, String target) {
    return target.isEmpty() ? local.isEmpty() : of(local).equals(of(target));
  }
}

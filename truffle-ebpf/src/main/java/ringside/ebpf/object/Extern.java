package ringside.ebpf.object;

/** What an undefined symbol of an object turned out to be. */
sealed interface Extern {
  /** {@code __kconfig}: some bytes of the map {@code .kconfig}. */
  record Option(int offset) implements Extern {}

  /** {@code __ksym} without a type, or a weak variable that the kernel lacks: an address or 0. */
  record Address(long address) implements Extern {}

  /** {@code __ksym} of a type: a variable by its id in the kernel's BTF. */
  record Variable(int type) implements Extern {}

  /** {@code __ksym}: a kernel function by its id in the kernel's BTF. */
  record Kfunc(int type) implements Extern {}

  /**
   * A weak kernel function that the kernel lacks.
   *
   * @param index among the object's externs, which its poison tells
   */
  record MissingKfunc(String name, int index) implements Extern {}
}

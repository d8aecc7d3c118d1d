package ringside.ebpf.uapi;

/** Carries out one command. */
@FunctionalInterface
interface Handler {
  /**
   * Carries it out.
   *
   * @return 0, a descriptor, or a negated errno
   * @throws SyscallError where it fails
   */
  long run(BpfAttr attr);
}

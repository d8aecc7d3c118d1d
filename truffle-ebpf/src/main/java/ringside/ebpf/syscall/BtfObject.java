package ringside.ebpf.syscall;

import ringside.ebpf.refcount.Counted;
import ringside.format.btf.Btf;

/** Types that were loaded with {@code BPF_BTF_LOAD}, or the kernel's own ({@code struct btf}). */
public final class BtfObject extends Counted {
  private final int id;
  private final String name;
  private final boolean kernel;
  private final byte[] bytes;
  private final Btf types;
  private final Runnable release;

  /**
   * Makes one.
   *
   * @param name {@code vmlinux} or a module's name; empty for a user's
   * @param bytes as they were loaded
   * @param release what is done, once, when its last reference is gone
   */
  BtfObject(int id, String name, boolean kernel, byte[] bytes, Btf types, Runnable release) {
    this.id = id;
    this.name = name;
    this.kernel = kernel;
    this.bytes = bytes.clone();
    this.types = types;
    this.release = release;
  }

  /** Its number, from 1. */
  public int id() {
    return id;
  }

  /** Whose types they are; empty for a user's. */
  public String name() {
    return name;
  }

  /** Whether they are the kernel's. */
  public boolean kernel() {
    return kernel;
  }

  /** The section's bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** How many bytes there are. */
  public int size() {
    return bytes.length;
  }

  /** The types. */
  public Btf types() {
    return types;
  }

  @Override
  protected void released() {
    release.run();
  }

  @Override
  public String toString() {
    return "BTF object " + id;
  }
}

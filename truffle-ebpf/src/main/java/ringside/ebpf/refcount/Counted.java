package ringside.ebpf.refcount;

/**
 * A kernel object that lives as long as something refers to it.
 *
 * <p>Made with one reference, its maker's. Objects that user space holds (through a descriptor or a
 * pin) count those references apart, for some objects let go of things once user space has.
 */
public abstract class Counted {
  private int references = 1;
  private int userReferences;

  private final boolean madeForUser;

  /** For objects of the kernel's. */
  protected Counted() {
    this(false);
  }

  /**
   * For subclasses.
   *
   * @param madeForUser whether the maker's reference is user space's
   */
  protected Counted(boolean madeForUser) {
    this.madeForUser = madeForUser;
    this.userReferences = madeForUser ? 1 : 0;
  }

  /** Drops its maker's reference. */
  public final void putMaker() {
    if (madeForUser) {
      putUser();
    } else {
      put();
    }
  }

  /** How many references are user space's. */
  protected final int userReferences() {
    return userReferences;
  }

  /**
   * Takes another reference.
   *
   * @throws IllegalStateException where it is gone already
   */
  public final void get() {
    if (references <= 0) {
      throw new IllegalStateException(this + " is used after its last reference");
    }
    references++;
  }

  /** Drops a reference; the last one frees the object. */
  public final void put() {
    if (--references == 0) {
      released();
    } else if (references < 0) {
      throw new IllegalStateException(this + " is dropped once too often");
    }
  }

  /** Takes another reference for user space ({@code bpf_map_inc_with_uref}). */
  public final void getUser() {
    get();
    userReferences++;
  }

  /** Drops a reference of user space. */
  public final void putUser() {
    if (--userReferences == 0) {
      userReleased();
    }
    put();
  }

  /** How many references there are. */
  public final int references() {
    return references;
  }

  /** User space holds it no more; the kernel may. */
  protected void userReleased() {}

  /** The last reference is gone: gives back what the object holds. */
  protected abstract void released();
}

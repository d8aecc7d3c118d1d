package ringside.kernel.fs;

/**
 * As whom a file is accessed.
 *
 * @param uid {@code fsuid}
 * @param gid {@code fsgid}
 * @param override whether {@code CAP_DAC_OVERRIDE} is effective
 */
public record Credentials(int uid, int gid, boolean override) {
  /** Root. */
  public static final Credentials ROOT = new Credentials(0, 0, true);

  /** Read permission. */
  public static final int MAY_READ = 4;

  /** Write permission. */
  public static final int MAY_WRITE = 2;

  /** Execute permission, for directories search. */
  public static final int MAY_EXEC = 1;

  /** Whether the mode bits of a file allow all of {@code wanted} ({@code generic_permission}). */
  public boolean may(Inode inode, int wanted) {
    int mode = inode.mode();
    if (override) {
      return (wanted & MAY_EXEC) == 0 || inode instanceof Directory || (mode & 0111) != 0;
    }
    int granted = inode.uid() == uid ? mode >> 6 : inode.gid() == gid ? mode >> 3 : mode;
    return (granted & wanted) == wanted;
  }
}

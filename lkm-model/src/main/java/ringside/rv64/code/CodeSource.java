package ringside.rv64.code;

/** Where code is fetched from, by the rules of one ring. */
@FunctionalInterface
public interface CodeSource {
  /**
   * Fetches a 16-bit parcel.
   *
   * @param address even
   * @return the parcel, or -1 where the page is not executable in this ring
   */
  int fetch(long address);
}

package ringside.reports.html;

/** One section of the page. */
interface Section {
  /** The fragment that links lead to. */
  String id();

  /** The heading. */
  String title();

  /** Whether there is anything to show. */
  boolean present();

  /** Writes what stands below the heading. */
  void write(Markup out);
}

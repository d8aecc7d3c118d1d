package ringside.reports.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import ringside.reports.SampleResults;
import ringside.reports.model.Expectation;
import ringside.reports.model.Results;

class HtmlReportTest {
  private final Results results = SampleResults.complete();

  @Test
  void thePageIsWellFormed() throws Exception {
    assertEquals("html", page(results).getDocumentElement().getTagName());
  }

  @Test
  void aPageOfNothingIsWellFormedToo() throws Exception {
    Results nothing =
        new Results(Results.SCHEMA, results.run(), List.of(), List.of(), List.of(), null);
    assertEquals("html", page(nothing).getDocumentElement().getTagName());
  }

  @Test
  void nothingIsRequestedFromAnywhere() throws Exception {
    Document page = page(results);
    NodeList all = page.getElementsByTagName("*");
    for (int i = 0; i < all.getLength(); i++) {
      Element element = (Element) all.item(i);
      assertFalse(
          Set.of("script", "img", "iframe", "object", "embed").contains(element.getTagName()),
          element.getTagName());
      for (String name : List.of("src", "href", "srcset", "action", "xlink:href")) {
        String value = element.getAttribute(name);
        assertTrue(
            value.isEmpty() || value.startsWith("#") || value.equals("data:,"), name + "=" + value);
      }
    }
    String style = page.getElementsByTagName("style").item(0).getTextContent();
    assertFalse(style.contains("url(") || style.contains("@import"));
  }

  @Test
  void linksLeadSomewhereAndIdsAreUnique() throws Exception {
    NodeList all = page(results).getElementsByTagName("*");
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < all.getLength(); i++) {
      String id = ((Element) all.item(i)).getAttribute("id");
      assertTrue(id.isEmpty() || ids.add(id), "twice: " + id);
    }
    for (int i = 0; i < all.getLength(); i++) {
      String href = ((Element) all.item(i)).getAttribute("href");
      assertTrue(!href.startsWith("#") || ids.contains(href.substring(1)), href);
    }
  }

  @Test
  void everyTableHasACaptionAndEveryHeaderAScope() throws Exception {
    Document page = page(results);
    NodeList tables = page.getElementsByTagName("table");
    assertTrue(tables.getLength() > 4);
    for (int i = 0; i < tables.getLength(); i++) {
      Element table = (Element) tables.item(i);
      assertEquals(1, table.getElementsByTagName("caption").getLength());
    }
    NodeList headers = page.getElementsByTagName("th");
    for (int i = 0; i < headers.getLength(); i++) {
      assertFalse(((Element) headers.item(i)).getAttribute("scope").isEmpty());
    }
  }

  @Test
  void theChartSaysInWordsWhatItShows() throws Exception {
    Element chart = (Element) page(results).getElementsByTagName("svg").item(0);
    String description = chart.getElementsByTagName("desc").item(0).getTextContent();
    assertTrue(description.contains("eBPF at xdp: 25."), description);
    assertEquals("img", chart.getAttribute("role"));
  }

  @Test
  void textOfALogCannotBecomeMarkup() throws Exception {
    String html = new HtmlReport(results, null).render();
    assertTrue(html.contains("second &lt;line&gt;"));
    assertFalse(html.contains("second <line>"));
    assertTrue(html.contains("pointer\ufffd dereference"), "a control character is shown as such");
  }

  @Test
  void aFailedExpectationIsTheFirstThingOnThePage() throws Exception {
    Results failed =
        new Results(
            Results.SCHEMA,
            results.run(),
            results.workloads(),
            results.faults(),
            List.of(new Expectation("packet-filter", "lanes agree", false, "packet 17 differs")),
            results.measurements());
    String html = new HtmlReport(failed, null).render();
    assertTrue(html.contains("1 of 1 expectations failed"));
    assertTrue(html.indexOf("packet 17 differs") < html.indexOf("<main>"));
  }

  @Test
  void aComparisonWithItselfFindsNoDifference() {
    String html = new HtmlReport(results, results).render();
    assertTrue(html.contains("Apart from measurements both results are identical"));
    assertTrue(html.contains("overlap"));
  }

  private static Document page(Results results) throws Exception {
    String html = new HtmlReport(results, null).render();
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    return factory.newDocumentBuilder().parse(new InputSource(new StringReader(html)));
  }
}

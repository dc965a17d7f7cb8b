import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.FeatureField;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;

/**
 * Indexes vectors as Lucene's FeatureField, which is what rank_features of OpenSearch and Elasticsearch are, and answers
 * queries with its linear function. `run_target.py` starts it.
 *
 * Arguments: the folder of the index and the number of answers to a query. Standard input has one line per document,
 * an empty line, and one line per query. The columns of a line, separated by tabs, are an id, and the terms and weights
 * in turn. Standard output gets a line for each answer: the query, the document and the score.
 */
public class LuceneTarget {
    @SuppressWarnings("deprecation")  // IndexSearcher limits clauses from Lucene 9 on
    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 20);
        PrintStream output = new PrintStream(System.out, false, "UTF-8");
        int depth = Integer.parseInt(arguments[1]);
        BooleanQuery.setMaxClauseCount(65_535);
        try (Directory directory = FSDirectory.open(Path.of(arguments[0]))) {
            try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
                for (String line = input.readLine(); line != null && !line.isEmpty(); line = input.readLine()) {
                    String[] parts = line.split("\t");
                    Document document = new Document();
                    document.add(new StringField("id", parts[0], Field.Store.YES));
                    for (int place = 1; place < parts.length; place += 2)
                        document.add(new FeatureField("vector", parts[place], Float.parseFloat(parts[place + 1])));
                    writer.addDocument(document);
                }
            }
            try (IndexReader reader = DirectoryReader.open(directory)) {
                IndexSearcher searcher = new IndexSearcher(reader);
                for (String line = input.readLine(); line != null; line = input.readLine()) {
                    String[] parts = line.split("\t");
                    BooleanQuery.Builder query = new BooleanQuery.Builder();
                    for (int place = 1; place < parts.length; place += 2)
                        query.add(FeatureField.newLinearQuery(
                            "vector", parts[place], Float.parseFloat(parts[place + 1])), BooleanClause.Occur.SHOULD);
                    for (ScoreDoc hit : searcher.search(query.build(), depth).scoreDocs)
                        output.println(parts[0] + "\t" + searcher.doc(hit.doc).get("id") + "\t" + hit.score);
                }
            }
        }
        output.flush();
    }
}

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;

/**
 * BM25 of Lucene over given tokens. `text.py` starts it.
 *
 * Arguments: the folder of the index, k1, b, and the number of answers to a query. Standard input has one line per
 * document, an empty line, one line per query, and an empty line. The columns of a line, separated by tabs, are an id
 * and the tokens. Then each line is a command: `times` prints the microseconds of each query, and `answers` the ids that
 * each query finds, a line for each query.
 */
public class LuceneBM25 {
    /** The tokens of one text, as they are. */
    private static final class Tokens extends TokenStream {
        private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
        private final String[] columns;
        private int place = 1;

        Tokens(String[] columns) { this.columns = columns; }

        @Override public boolean incrementToken() {
            if (place == columns.length) return false;
            clearAttributes();
            term.append(columns[place++]);
            return true;
        }
    }

    @SuppressWarnings("deprecation")  // IndexSearcher limits clauses from Lucene 9 on
    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 20);
        PrintStream output = new PrintStream(System.out, false, "UTF-8");
        BM25Similarity similarity = new BM25Similarity(Float.parseFloat(arguments[1]), Float.parseFloat(arguments[2]));
        int limit = Integer.parseInt(arguments[3]);
        FieldType type = new FieldType();
        type.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
        type.freeze();
        BooleanQuery.setMaxClauseCount(65_535);
        try (Directory directory = FSDirectory.open(Path.of(arguments[0]))) {
            try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig().setSimilarity(similarity))) {
                for (String line = input.readLine(); !line.isEmpty(); line = input.readLine()) {
                    String[] columns = line.split("\t");
                    Document document = new Document();
                    document.add(new StoredField("id", columns[0]));
                    document.add(new Field("text", new Tokens(columns), type));
                    writer.addDocument(document);
                }
                writer.forceMerge(1);
            }
            try (IndexReader reader = DirectoryReader.open(directory)) {
                IndexSearcher searcher = new IndexSearcher(reader);
                searcher.setSimilarity(similarity);
                List<Query> queries = new ArrayList<>();
                for (String line = input.readLine(); !line.isEmpty(); line = input.readLine())
                    queries.add(query(line.split("\t")));
                for (String command = input.readLine(); command != null; command = input.readLine()) {
                    StringJoiner times = new StringJoiner(" ");
                    for (Query query : queries) {
                        long began = System.nanoTime();
                        ScoreDoc[] hits = searcher.search(query, limit).scoreDocs;
                        times.add(String.format("%.1f", (System.nanoTime() - began) / 1e3));
                        if (!command.equals("answers")) continue;
                        StringJoiner ids = new StringJoiner("\t");
                        for (ScoreDoc hit : hits) ids.add(searcher.doc(hit.doc).get("id"));
                        output.println(ids);
                    }
                    if (command.equals("times")) output.println(times);
                    output.flush();
                }
            }
        }
    }

    private static Query query(String[] columns) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (int place = 1; place < columns.length; place++) counts.merge(columns[place], 1, Integer::sum);
        BooleanQuery.Builder query = new BooleanQuery.Builder();
        counts.forEach((token, count) -> {
            Query term = new TermQuery(new Term("text", token));
            query.add(count == 1 ? term : new BoostQuery(term, count), BooleanClause.Occur.SHOULD);
        });
        return query.build();
    }
}

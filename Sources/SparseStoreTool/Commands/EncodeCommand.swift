internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SparseText

/// `sparsestore encode`
struct EncodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Turn lines of text into sparse vectors.",
        discussion: """
            For each line of text, writes a JSON object that maps terms to weights, sorted by the bytes of the terms. \
            Pass an object to 'search --terms', or use it as the "vector" of a document in a file for 'load'.

            ENCODERS:
              bm25:LANGUAGE, analyzer:LANGUAGE   the count of each word. The text is split by the Unicode rules,
                                                 words are lowercased and stemmed, and stop words are removed.
                                                 LANGUAGE 'none' turns stemming and stop words off.
              wordpiece:FILE[,IDF]               the WordPieces of the line, weighted by the table IDF; without a
                                                 table, every weight is 1. FILE is a vocab.txt or a tokenizer.json.
                                                 IDF is an idf.json or one Float32 per token.

            EXAMPLES:
              echo 'Engines are running' | sparsestore encode --encoder bm25:english
              sparsestore encode --encoder wordpiece:tokenizer.json,idf.json < questions.txt
            """)

    @Argument(help: "The file to read, one text per line; - for standard input.")
    var input = "-"

    @Option(
        help: "The encoder: bm25:LANGUAGE, analyzer:LANGUAGE or wordpiece:FILE[,IDF].", transform: EncoderOption.parse)
    var encoder: EncoderOption

    func run() throws {
        let encoder = try encoder.encoder()
        let lines = LineReader(source: try ByteSource(path: input))
        while let line = try lines.next() {
            guard !line.isTooLong, let text = String(validating: line.bytes, as: UTF8.self) else {
                throw CommandFailure(
                    .invalidInput,
                    "line \(lines.number) is \(line.isTooLong ? "longer than 64 MiB" : "not UTF-8"); correct the input")
            }
            let terms = try encoder.encode(query: text).sorted { $0.term.utf8.lexicographicallyPrecedes($1.term.utf8) }
            try Output.standard.write(JSONValue.object(terms.map { ($0.term, .float($0.weight)) }).text + "\n")
        }
    }
}

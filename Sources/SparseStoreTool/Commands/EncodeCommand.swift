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
            Reads lines of text and writes for each a JSON object of weights by term, in the order of the terms' bytes. \
            What it prints can be given to 'search --terms', or stand as "vector" in a file for 'load'.

            ENCODERS:
              bm25:LANGUAGE, analyzer:LANGUAGE   how often each word stands in the line: words by the rules of Unicode, in
                                                 lower case, without stop words, stemmed; 'none' stems nothing
              wordpiece:FILE[,IDF]               the line's WordPieces, each with its weight of the table IDF, or 1: FILE is
                                                 a vocab.txt or tokenizer.json, IDF an idf.json or a Float32 for each token

            EXAMPLES:
              echo 'Engines are running' | sparsestore encode --encoder bm25:english
              sparsestore encode --encoder wordpiece:tokenizer.json,idf.json < questions.txt
            """)

    @Argument(help: "The file of lines; - for standard input.")
    var input = "-"

    @Option(help: "What encodes: bm25:LANGUAGE, analyzer:LANGUAGE or wordpiece:FILE[,IDF].")
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

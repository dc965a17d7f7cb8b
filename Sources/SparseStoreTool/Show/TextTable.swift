/// Rows of text in columns.
struct TextTable {
    private var rows: [[String]] = []
    private let rightAligned: Set<Int>
    private let indent: String

    /// Creates a table whose columns with these indexes are right-aligned.
    init(rightAligned: Set<Int> = [], indent: String = "") {
        self.rightAligned = rightAligned
        self.indent = indent
    }

    mutating func add(_ cells: String...) { rows.append(cells) }

    /// The table with one line per row, each ending with a line feed.
    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = indent
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                if column > 0 { line += "  " }
                line += rightAligned.contains(column) ? padding + cell : cell + (column + 1 < row.count ? padding : "")
            }
            return line + "\n"
        }.joined()
    }
}

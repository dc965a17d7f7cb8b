internal import SystemPackage

/// A drawing as SVG, in units of pixels from the upper left corner.
struct Picture {
    private let width: Double
    private let height: Double
    private var body = ""

    /// Which end of a text is at its position.
    enum Anchor: String { case start, middle, end }

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// The content of the file.
    var svg: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(width))" height="\(Self.number(height))" \
        viewBox="0 0 \(Self.number(width)) \(Self.number(height))" font-family="sans-serif" font-size="13">
        <rect width="100%" height="100%" fill="white"/>
        \(body)</svg>

        """
    }

    mutating func line(from a: (x: Double, y: Double), to b: (x: Double, y: Double), color: String = "#888") {
        body += "<line x1=\"\(Self.number(a.x))\" y1=\"\(Self.number(a.y))\" x2=\"\(Self.number(b.x))\" "
        body += "y2=\"\(Self.number(b.y))\" stroke=\"\(color)\"/>\n"
    }

    mutating func path(_ points: [(x: Double, y: Double)], color: String) {
        let list = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
        body += "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>\n"
    }

    mutating func dot(at place: (x: Double, y: Double), color: String, title: String) {
        body += "<circle cx=\"\(Self.number(place.x))\" cy=\"\(Self.number(place.y))\" r=\"4\" fill=\"\(color)\">"
        body += "<title>\(Self.escaped(title))</title></circle>\n"
    }

    mutating func bar(
        at corner: (x: Double, y: Double), width: Double, height: Double, color: String, title: String
    ) {
        body += "<rect x=\"\(Self.number(corner.x))\" y=\"\(Self.number(corner.y))\" "
        body += "width=\"\(Self.number(max(0, width)))\" height=\"\(Self.number(height))\" fill=\"\(color)\">"
        body += "<title>\(Self.escaped(title))</title></rect>\n"
    }

    mutating func text(
        _ text: String, at place: (x: Double, y: Double), anchor: Anchor = .start, color: String = "#222"
    ) {
        body += "<text x=\"\(Self.number(place.x))\" y=\"\(Self.number(place.y))\" text-anchor=\"\(anchor.rawValue)\" "
        body += "fill=\"\(color)\">\(Self.escaped(text))</text>\n"
    }

    private static func number(_ value: Double) -> String { "\(Figures.rounded(value.isFinite ? value : 0, 1))" }

    /// Escapes text for XML. Characters that XML does not allow become question marks.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\t", "\n": escaped.unicodeScalars.append(scalar)
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": escaped += "?"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension Picture {
    /// Writes the picture into a file, and replaces the previous content.
    func write(to path: String, option: String, sparing files: UsedFiles) throws {
        let output = try OutputPath.open(path, option: option, sparing: files)
        if output.isRegular { try output.descriptor.resize(to: 0) }
        let file = Output(output.descriptor, name: path)
        try file.write(svg)
        try file.flush()
        try output.descriptor.close()
    }
}

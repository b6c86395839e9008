package urlmask

import (
	"regexp"
	"slices"
	"strings"
)

// A spot is the position of a credential in a text: the bytes from from up to
// to.
type spot struct {
	from, to int
	// where distinguishes spots: the scheme and host of the URL, and the name
	// of the parameter or the kind of path.
	where string
}

// keyPaths lists the chat webhooks whose paths are keys: their domains, and a
// pattern for host and path whose group is the key.
var keyPaths = []struct {
	domains []string
	pattern *regexp.Regexp
}{
	{[]string{"slack.com", "slack-gov.com"},
		regexp.MustCompile(`^hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(.+)$`)},
	{[]string{"discord.com", "discordapp.com"},
		regexp.MustCompile(`^(?:[a-z0-9-]+\.)*discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/[^/]+/(.+)$`)},
	{[]string{"office.com", "office365.com"},
		regexp.MustCompile(`^(?:[a-z0-9-]+\.)*(?:webhook\.office|outlook\.office|outlook\.office365)\.com/webhook(?:b2)?/(.+)$`)},
	{[]string{"telegram.org"},
		regexp.MustCompile(`^api\.telegram\.org/(?:file/)?bot([^/]+)`)},
}

// spotsOf returns the credentials in a URL that begins at an offset of a text.
// Each byte within ${…} counts as an ordinary character.
func spotsOf(address string, offset int) []spot {
	plain := flatten(address)
	begin := 0
	if colon := strings.Index(plain, "://"); colon >= 0 && !strings.ContainsAny(plain[:colon], "/?#") {
		begin = colon + len("://")
	}
	end := begin + indexOr(plain[begin:], "/?#")
	origin := strings.ToLower(address[:end])
	var found []spot
	add := func(from, to int, where string) {
		if from < to && !onlyNames(address[from:to]) {
			found = append(found, spot{offset + from, offset + to, origin + " " + where})
		}
	}
	if at := strings.LastIndexByte(plain[begin:end], '@'); at >= 0 {
		origin = strings.ToLower(address[:begin] + address[begin+at+1:end])
		add(begin, begin+at, "@")
	}
	query := end + indexOr(plain[end:], "?#")
	if from, to := keyPath(plain, begin, end, query); from < to {
		add(from, to, "/")
	}
	for at := query; at < len(plain); {
		at++ // past the delimiter
		next := at + indexOr(plain[at:], "?&;#")
		name, value, isPair := strings.Cut(plain[at:next], "=")
		switch {
		case isPair && IsCredential(name):
			next = at + indexOr(plain[at:], "&#")
			add(at+len(name)+1, next, name)
		case isPair && strings.Contains(value, "%") && holdsCredential(value):
			add(at+len(name)+1, next, name)
		}
		at = next
	}
	return found
}

// keyPath returns the part of a URL's path, from end to query, that is a key.
func keyPath(plain string, begin, end, query int) (from, to int) {
	host, path := plain[begin:end], plain[end:query]
	host = strings.ToLower(host[strings.LastIndexByte(host, '@')+1:])
	host, _, _ = strings.Cut(host, ":")
	host = strings.TrimSuffix(host, ".")
	shift := end - len(host)
	for _, keys := range keyPaths {
		if !slices.ContainsFunc(keys.domains, func(domain string) bool { return strings.HasSuffix(host, domain) }) {
			continue
		}
		if group := keys.pattern.FindStringSubmatchIndex(host + path); group != nil {
			return group[2] + shift, group[3] + shift
		}
		if decoded := decode(path); decoded != path && keys.pattern.MatchString(host+decoded) {
			return end + 1, query
		}
	}
	return 0, 0
}

// holdsCredential reports whether the decoded value is a URL or a list of
// parameters with a credential.
func holdsCredential(value string) bool {
	decoded := decode(value)
	return decoded != value && (len(spotsOf(decoded, 0)) > 0 || len(spotsOf("?"+decoded, 0)) > 0)
}

// indexOr is strings.IndexAny, but returns the length of the text if there is
// no match.
func indexOr(text, any string) int {
	if at := strings.IndexAny(text, any); at >= 0 {
		return at
	}
	return len(text)
}

// flatten replaces each byte within ${…} by a harmless character, so that none
// of them counts as a delimiter of the URL.
func flatten(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	flat := []byte(text)
	for i := 0; i+1 < len(flat); i++ {
		if flat[i] != '$' || flat[i+1] != '{' {
			continue
		}
		end := i + expressionLength(text[i:])
		for ; i < end; i++ {
			flat[i] = 'x'
		}
		i--
	}
	return string(flat)
}

// expressionLength returns the length of the ${…} at the beginning of a text.
// Braces and strings may occur in it.
func expressionLength(text string) int {
	depth, quote := 0, byte(0)
	for i := 1; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// onlyNames reports whether a value consists of expressions that only name
// variables. Such a value is not a credential, and useful to see.
func onlyNames(value string) bool {
	for value != "" {
		if !strings.HasPrefix(value, "${") {
			return false
		}
		length := expressionLength(value)
		if strings.ContainsAny(value[:length], `"'`) {
			return false
		}
		value = value[length:]
	}
	return true
}

"""Names, towns and mailboxes for invented people. Common words of the language; no real person is meant."""

FIRST = tuple(
    name
    for line in (
        "Agnes Alma Alva Anders Anna Arvid Astrid Axel Birgitta Björn Cecilia Daniel David Ebba Edvin",
        "Elin Elias Ella Elsa Emil Emma Erik Eva Filip Fredrik Freja Gabriel Greta Gustav Hanna Hedda",
        "Helena Henrik Hugo Ida Inger Isak Jakob Jenny Johan Johanna Jonas Josefin Julia Karin Karl Klara",
        "Kristina Lars Lena Leo Lina Linnéa Liv Lovisa Lukas Magnus Maja Malin Margareta Maria Martin",
        "Mats Melker Mikael Moa Nils Nora Ola Olivia Oskar Per Petra Pontus Rasmus Rebecka Saga Sara",
        "Selma Signe Simon Siri Sofia Stella Sten Stina Susanne Svea Sven Theo Tilda Tove Ulla Vera",
        "Viktor Vilma Wilma Åke Åsa Aino Eero Helmi Onni Ingrid Sindre Aksel Freya Amina Farid Leila",
        "Samir",
    )
    for name in line.split()
)
LAST = tuple(
    name
    for line in (
        "Ahlin Almqvist Alm Berg Berglund Björk Blom Boström Dahl Dahlgren Ek Eklund Engström Falk Fors",
        "Forsberg Fransson Granath Grönvall Hagman Hallberg Hedlund Hellström Holm Holmgren Hult Isaksson",
        "Jansson Kvist Lagerlund Lind Lindahl Lindqvist Ljung Lund Lundin Löfgren Malm Modig Moberg",
        "Norberg Nordin Nyberg Nylund Palm Qvist Rask Rosén Rydberg Sand Sandell Sjöberg Skog Stenberg",
        "Strand Strömberg Sund Sundin Svedberg Söder Tall Thorell Törnqvist Vallin Viklund Wahl Wallin",
        "Westman Wikström Åberg Åkerlund Öberg Öhman Östlund",
    )
    for name in line.split()
)
TOWNS = (
    ("Stockholm", "SE", "Europe/Stockholm", 30),
    ("Göteborg", "SE", "Europe/Stockholm", 16),
    ("Malmö", "SE", "Europe/Stockholm", 9),
    ("Uppsala", "SE", "Europe/Stockholm", 7),
    ("Umeå", "SE", "Europe/Stockholm", 5),
    ("Visby", "SE", "Europe/Stockholm", 4),
    ("Luleå", "SE", "Europe/Stockholm", 3),
    ("Östersund", "SE", "Europe/Stockholm", 3),
    ("Örebro", "SE", "Europe/Stockholm", 5),
    ("Helsinki", "FI", "Europe/Helsinki", 6),
    ("Oslo", "NO", "Europe/Oslo", 5),
    ("København", "DK", "Europe/Copenhagen", 4),
    ("Dublin", "IE", "Europe/Dublin", 2),
    ("New York", "US", "America/New_York", 1),
)
MAILBOXES = ("example.com", "example.net", "example.org", "post.example.com", "mejl.example.org")

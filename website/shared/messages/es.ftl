# Lo que dicen todas las páginas.

election = Elección
error = Error
problems = Hay un problema
skip = Ir al contenido principal
main-navigation = Principal
nav-vote = Votar
nav-results = Resultados
nav-check = Verificar mi boleta
language = Idioma
text-size = Tamaño del texto
text-size-normal = Texto normal
text-size-large = Texto grande
text-size-largest = Texto muy grande
footer-privacy = Estas páginas no guardan nada en su dispositivo ni se comunican con ningún otro sitio web.
visits = { $visits ->
    [one] { $visits } visita hasta ahora.
   *[other] { $visits } visitas hasta ahora.
}

site-broken = Este sitio no se puede usar en este momento
config-missing = No está configurado: falta su archivo config.json. Avise a la oficina electoral.
config-wrong = No está configurado: su archivo config.json no es correcto. Avise a la oficina electoral.
config-unreachable = No se pudo cargar una parte. Revise su conexión y vuelva a cargar la página.

page-not-found = Página no encontrada
page-not-found-text = No hay ninguna página en esta dirección. Si la escribió usted, revise que no tenga errores.
see-results = Ver los resultados
